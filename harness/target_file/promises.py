"""Promises as data: invariants over ledgers and over what was acknowledged."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from harness.checker import Checker, judge
from harness.history import Event, History
from harness.json_types import JsonObject
from harness.model import Objectives, Op, Outcome, Phase, Verdict
from harness.queries import QUERY
from harness.target_file.document import Promise, Settled, TargetDocument
from harness.target_file.holes import exchange, selected
from harness.target_file.last_reads import has_ended

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

    def _bad(self, key: str, entries: list[Event]) -> JsonObject:
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
        end_s = max((op.last_s for op in last.values()), default=0.0)
        within_s = self.written.ends_within or 0.0
        promised = [
            op
            for op in history.ops(self.written.of, outcome=Outcome.OK)
            if op.last_s + within_s <= end_s
        ]
        wrong = [_open(op, last.get(op.k), within_s) for op in promised
                 if not _ended(last.get(op.k), op, self.settled)]  # fmt: skip
        missing = "" if last else f"no {self.settled.read} was done after the load had stopped"
        return judge(self, examined=len(promised), bad=wrong, missing=missing)


@dataclass(frozen=True)
class EqualPromise(_Promised):
    """`Checker`: what two operations tell of one thing is the same."""

    def check(self, history: History, objectives: Objectives) -> Verdict:
        """Compare each answer of `of` with the answer of `as` that names the same thing."""
        made: dict[tuple[str, ...], Op] = {}
        for op in history.ops(self.written.as_, outcome=Outcome.OK):
            told = exchange(op)
            made[tuple(str(selected(of, told)) for of in self.written.with_.values())] = op
        pairs = [
            (op, made[thing])
            for op in history.ops(self.written.of, outcome=Outcome.OK)
            if (thing := tuple(str(op.request.get(name)) for name in self.written.with_)) in made
        ]
        wrong = [bad for later, first in pairs if (bad := self._differ(later, first))]
        missing = "" if pairs else f"no {self.written.of} asked for what a {self.written.as_} made"
        return judge(self, examined=len(pairs), bad=wrong, missing=missing)

    def _differ(self, later: Op, first: Op) -> JsonObject:
        told = [
            (name, selected(name, later.value), source, _of_call(source, first))
            for name, source in self.written.equal.items()
        ]
        wrong = [f"{name} is {value!r}, {source} of {first.f} was {before!r}"
                 for name, value, source, before in told if value != before]  # fmt: skip
        if not wrong:
            return {}
        return {
            "t_s": round(later.last_s, 3),
            "what": f"{later.f} {later.k}: {'; '.join(wrong)}",
            "events": [first.index, later.index],
            "key": first.k,
        }


def _of_call(source: str, op: Op) -> Any:
    """`args.amount`: what was asked for; else what was answered."""
    return selected(source, exchange(op))


@dataclass(frozen=True)
class QueryPromise(_Promised):
    """`Checker`: how many rows a query of the service's own database has at the end."""

    def check(self, history: History, objectives: Objectives) -> Verdict:
        """Read what the query said when everything had settled."""
        asked = (one for one in history.of("clock") if one.f == QUERY and one.k == self.name)
        told = next(asked, None)
        if told is None:
            return judge(self, examined=0, bad=[], missing="the query was not run")
        if problem := told.v.get("problem"):
            return judge(self, examined=0, bad=[], missing=f"the query failed: {problem}")
        count, rows = told.v["count"], told.v["rows"]
        if count == self.written.rows:
            return judge(self, examined=1, bad=[])
        shown = "; ".join(str(dict(row)) for row in rows[:SHOWN])
        what = f"{count} rows, {self.written.rows} allowed: {shown}"
        return judge(
            self,
            examined=1,
            bad=[{"t_s": round(told.t_s, 3), "what": what, "events": [told.i], "key": ""}],
        )


def checker_of(name: str, told: TargetDocument) -> Checker:
    """The checker of a promise of the file."""
    promise = told.promises[name]
    if promise.ledger:
        return LedgerPromise(name, promise)
    if promise.sql:
        return QueryPromise(name, promise)
    if promise.equal:
        return EqualPromise(name, promise)
    assert told.settled_when
    return EndPromise(name, promise, told.settled_when)


def _ended(read: Op | None, made: Op, settled: Settled) -> bool:
    if read is None or read.outcome is not Outcome.OK:
        return False
    return has_ended(settled, read.value, exchange(made))


def _open(op: Op, read: Op | None, within_s: float) -> JsonObject:
    said = "could not be read" if read is None or read.outcome is not Outcome.OK else "is not ended"
    return {
        "t_s": round(op.last_s, 3),
        "what": f"{op.f} {op.k} was acknowledged at {op.t_end_s or 0.0:.2f} s and {said} "
        f"{within_s:g} s later: {dict(read.value) if read else 'never asked'}",
        "events": [op.index] + ([read.index] if read else []),
        "key": op.k,
    }
