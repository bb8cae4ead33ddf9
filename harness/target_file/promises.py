"""Promises as data: invariants over ledgers and over what was acknowledged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.checker import judge
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome, Phase, Verdict
from harness.target_file.document import Promise, Settled
from harness.target_file.journeys import fits

SUCCESS = "SUCCESS"
SHOWN = 3  # entries of one key in a sentence


@dataclass(frozen=True)
class _Promised:
    """What every promise of a file is.

    Args:
        name: as the file calls it.
        written: how it is written.
    """

    name: str
    written: Promise

    @property
    def ids(self) -> tuple[str, ...]:
        """None: no catalogue knows it."""
        return ()

    @property
    def claim(self) -> str:
        """As written."""
        return self.written.claim


@dataclass(frozen=True)
class LedgerPromise(_Promised):
    """`Checker`: how many entries of a kind each business key may have."""

    def check(self, history: History, objectives: Objectives) -> Verdict:
        """Count the successful entries of each key."""
        by_key: defaultdict[str, list[Event]] = defaultdict(list)
        for event in history.ledger(self.written.entry, p=self.written.ledger):
            if event.v.get("status", SUCCESS) == SUCCESS:
                by_key[event.k].append(event)
        wrong = [self._bad(key, found) for key, found in by_key.items() if self._breaks(len(found))]
        return judge(self, examined=len(by_key), bad=wrong, missing=_unread(self.written, history))

    def _breaks(self, count: int) -> bool:
        most, exactly = self.written.at_most, self.written.exactly
        return (most is not None and count > most) or (exactly is not None and count != exactly)

    def _bad(self, key: str, entries: list[Event]) -> Mapping[str, Any]:
        when = [f"{one.t_s:.2f} s (request {one.v.get('request_id')})" for one in entries]
        more = f" and {len(when) - SHOWN} more" if len(when) > SHOWN else ""
        most, exactly = self.written.at_most, self.written.exactly
        allowed = f"at most {most}" if exactly is None else f"exactly {exactly}"
        return {
            "t_s": round(entries[min(1, len(entries) - 1)].t_s, 3),
            "what": f"{key or 'no key'}: {len(entries)} {self.written.entry} at "
            f"{self.written.ledger}, {allowed} allowed: {'; '.join(when[:SHOWN])}{more}",
            "events": [one.i for one in entries],
            "key": key,
        }


def _unread(written: Promise, history: History) -> str:
    if written.ledger not in history.ledgers_read:
        return f"the ledger of {written.ledger} was not read"
    broken = history.ledgers_broken.get(written.ledger, "")
    return f"the ledger of {written.ledger} {broken}" if broken else ""


@dataclass(frozen=True)
class EndPromise(_Promised):
    """`Checker`: what was acknowledged comes to an end, as the last reads show it.

    Args:
        settled: what an end is.
    """

    settled: Settled

    def check(self, history: History, objectives: Objectives) -> Verdict:
        """Compare each acknowledgement with the last that was read of it."""
        last = {op.k: op for op in history.ops(self.settled.read) if op.phase == Phase.SETTLED}
        end_s = max((op.t_end_s or op.t_invoke_s for op in last.values()), default=0.0)
        within_s = self.written.ends_within or 0.0
        promised = [
            op
            for op in history.ops(self.written.of, outcome=Outcome.OK)
            if (op.t_end_s or op.t_invoke_s) + within_s <= end_s
        ]
        wrong = [_open(op, last.get(op.k), within_s) for op in promised
                 if not _ended(last.get(op.k), self.settled)]  # fmt: skip
        missing = "" if last else f"no {self.settled.read} was done after the load had stopped"
        return judge(self, examined=len(promised), bad=wrong, missing=missing)


def _ended(read: Op | None, settled: Settled) -> bool:
    return read is not None and read.outcome is Outcome.OK and fits(read.value, settled.until)


def _open(op: Op, read: Op | None, within_s: float) -> Mapping[str, Any]:
    said = "could not be read" if read is None or read.outcome is not Outcome.OK else "is not ended"
    return {
        "t_s": round(op.t_end_s or op.t_invoke_s, 3),
        "what": f"{op.f} {op.k} was acknowledged at {op.t_end_s or 0.0:.2f} s and {said} "
        f"{within_s:g} s later: {dict(read.value) if read else 'never asked'}",
        "events": [op.index] + ([read.index] if read else []),
        "key": op.k,
    }
