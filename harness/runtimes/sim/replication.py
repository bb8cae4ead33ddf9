"""Power over a database with a standby, where a service keeps one on the disk.

    service ──> disk["database"] ──> Pair <── SimReplication <── faults of a run
                                       ↑
    calls that go wrong ──> Standby ──┘

A pair is kept under the name of its database; it is a model that belongs to the target, and here
is all that has to be known of it.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from harness.errors import UnsupportedFault
from harness.ports import Observation, UndoRecord, arguments, names
from harness.runtimes.sim.calls import Talk
from harness.runtimes.sim.controls import SimProcesses
from harness.runtimes.sim.host import Host
from harness.runtimes.sim.loop import SimLoop
from harness.runtimes.sim.modes import ALONE_S, BEHIND_S, DOWN_S
from harness.runtimes.sim.pair import Pair, is_pair

LAGS = {"receive": "lag_s", "apply": "apply_lag_s"}
"""Stage of a lag -> where a pair keeps it."""


class Standby:
    """What a plan does at one call to a database with a standby.

        call                                + ALONE_S            + DOWN_S
        ├─ nothing more reaches the standby ─┼─ nobody answers ───┼─ the standby is the primary

    Args:
        host: the primary's; after a take-over the new one's.
    """

    def __init__(self, pair: Pair, host: Host, loop: SimLoop) -> None:
        """As far behind as it is now, whenever nothing is wrong."""
        self._pair = pair
        self._host = host
        self._loop = loop
        self._usual_s = pair.lag_s
        self._spells = 0
        self._losing = False

    def fall_behind(self) -> None:
        """What is written from now on reaches it after `BEHIND_S`, all at once."""
        self._pair.lag_s = max(self._pair.lag_s, BEHIND_S)
        self._spells += 1
        self._later(BEHIND_S, self._catch_up)

    def take_over(self) -> None:
        """The primary is lost at once; a primary is lost once."""
        if not self._losing:
            self._losing = True
            self._pair.part()
            self._later(ALONE_S, self._lose)

    def _catch_up(self) -> None:
        self._spells -= 1
        if not self._spells and not self._pair.split:
            self._pair.lag_s = self._usual_s

    def _lose(self) -> None:
        self._host.kill()
        self._pair.promote()
        self._pair.lag_s = self._usual_s
        self._later(DOWN_S, self._serve)

    def _serve(self) -> None:
        self._losing = False
        self._host.begin()

    def _later(self, after_s: float, what: Callable[[], None]) -> None:
        self._loop.call_later(after_s, what, context=contextvars.Context())  # of no service


class SimReplication:
    """`ReplicationControl` over the databases of a run."""

    def __init__(self, disk: Mapping[str, object], talk: Talk, processes: SimProcesses) -> None:
        """Remember them."""
        self._disk = disk
        self._talk = talk
        self._processes = processes
        self._spare: dict[str, Callable[[], object]] = {}
        self._usual: dict[str, dict[str, float]] = {}

    async def healthy(self, where: str) -> Mapping[str, object]:
        """It runs, and its standby is as far behind as it was before the first fault.

        Raises:
            UnsupportedFault: it has no standby.
        """
        pair = self._pair(where)
        lags = self._usual.setdefault(where, {name: getattr(pair, name) for name in LAGS.values()})
        return {**await self._processes.healthy(where), **lags}

    async def set_lag(self, service: str, lag_s: float, stage: str) -> None:
        """Let the standby receive, or apply, what is written so much later."""
        pair, name = self._pair(service), LAGS[stage]
        setattr(pair, name, max(getattr(pair, name), lag_s))

    async def demote(self, service: str) -> None:
        """Make the primary read-only, alive; the standby takes over in good order."""
        self._pair(service).demote()

    async def lose_primary(self, service: str, lag_s: float) -> None:
        """Let the standby be behind; `lag_s` later the primary is gone, and its tail with it."""
        pair, loop = self._pair(service), self._talk.network.loop
        pair.lag_s = max(pair.lag_s, lag_s)
        if lag_s:
            self._spare[service] = loop.call_later(lag_s, self._lose, service).cancel
        else:
            self._lose(service)

    async def split(self, service: str) -> None:
        """Make the standby a primary; callers go on with the old one."""
        self._pair(service).part()

    async def observe(self, where: str) -> Observation:
        """As the process is seen, and what is known of the pair."""
        pair, seen = self._pair(where), await self._processes.observe(where)
        names = ("timeline", "lag_s", "apply_lag_s", "split", "demoted")
        known = {name: getattr(pair, name) for name in names}
        counts = {"delayed": pair.delayed, "lost": pair.lost, "refused": pair.refused}
        return replace(seen, counts={**seen.counts, **counts}, state={**seen.state, **known})

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """One primary that runs, and a standby that follows it as the other faults let it; what
        was lost stays lost."""
        pair = self._pair(record.where)
        if not arguments(others, "lose_primary"):
            self._spare.pop(record.where, _nothing)()
        if pair.split and not _done(others, "split"):
            pair.promote()
        pair.demoted = _done(others, "demote")
        for name, lag_s in _lags(record, others).items():
            setattr(pair, name, lag_s)
        await self._processes.undo(record, others)

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether there is one primary that runs, and its standby is where it is to be."""
        pair = self._pair(record.where)
        whole = pair.split == _done(others, "split") and pair.demoted == _done(others, "demote")
        lags = _lags(record, others)
        whole = whole and lags == {name: getattr(pair, name) for name in lags}
        return whole and await self._processes.undone(record, others)

    def _lose(self, service: str) -> None:
        self._talk.network.host(service).kill()
        self._pair(service).promote()

    def _pair(self, where: str) -> Pair:
        self._talk.network.host(where)
        kept = self._disk.get(where)
        if not is_pair(kept):
            has = ", ".join(name for name, one in self._disk.items() if is_pair(one))
            raise UnsupportedFault(f"{where} has no standby; with one: {has or 'nothing'}")
        return kept


def _done(records: Iterable[UndoRecord], act: str) -> bool:
    """Whether one of them does this."""
    return any(act in names(record) for record in records)


def _lags(record: UndoRecord, others: Sequence[UndoRecord]) -> dict[str, float]:
    """How far the standby is to be behind: as far as the slowest of the other faults wants."""
    lags = {name: float(record.restore[name]) for name in LAGS.values()}
    for act in (act for other in others for act in other.acts):
        if act[0] == "set_lag":
            lags[LAGS[act[3]]] = max(lags[LAGS[act[3]]], act[2])
        elif act[0] == "lose_primary":
            lags["lag_s"] = max(lags["lag_s"], act[2])
    return lags


def _nothing() -> None:
    """No primary is about to be lost."""
