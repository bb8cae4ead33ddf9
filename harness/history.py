"""The append-only record of a run: one event a line, the evidence for every verdict.

A line:

    {"i":12,"t":8123000000,"p":"consumer/17","type":"invoke","f":"submit","k":"key",
     "v":{...},"phase":"fault","src":"client"}

with `t` in ns on the run clock, `due` the intended start of an invoke, `err` the code of a failure.
The first line (`type` start) holds seed, plan, commit, versions and runtime; the last (`type` end)
count and sha256, so that a cut-off shows.
"""

from __future__ import annotations

import hashlib
import io
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Literal, get_args

import msgspec

from harness.clock import NS
from harness.fault_windows import fault_windows
from harness.json_types import JsonDict
from harness.model import FaultWindow, Op, Outcome, Phase

COMPLETIONS = {outcome.value: outcome for outcome in Outcome}
Source = Literal["client", "ledger", "calls", "nemesis", "service", "clock", "response"]
SOURCES = frozenset(get_args(Source))


class Event(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of the history.

    Args:
        i: number of the event, from 0.
        t: ns on the run clock.
        p: process: `consumer/17`, `payment_a`, `nemesis`.
        type: invoke, ok, fail, info (or start and end for the first and last line).
        f: what: operation, ledger entry or fault.
        k: business key; for faults the link or service.
        v: values.
        err: code of a failure.
        due: ns, the intended start of an invoke.
        phase: baseline, fault, recovery, settled.
        src: one of `SOURCES`.
    """

    i: int
    t: int
    p: str
    type: str
    f: str
    k: str = ""
    v: JsonDict = {}
    err: str = ""
    due: int | None = None
    phase: str = ""
    src: str

    @property
    def t_s(self) -> float:
        """Seconds on the run clock."""
        return self.t / NS


_moment = attrgetter("t", "i")
_encode = msgspec.json.Encoder().encode


class HistoryWriter:
    """Appends events to a file; the only writer of a run's history.

    Args:
        stream: binary file, written line by line and flushed, so that a run that dies can be read.
        header: seed, plan, commit, versions, runtime.
    """

    def __init__(self, stream: io.BufferedIOBase, header: Mapping[str, object]) -> None:
        """Write the first line."""
        self._stream = stream
        self._sha = hashlib.sha256()
        self._count = 0
        self._phases: list[tuple[int, str]] = []
        self.events: list[Event] = []
        self.failure: OSError | None = None  # a full disk must not end a run in mid-fault
        self.append(t=0, p="harness", type="start", f="run", v=dict(header), src="clock")

    def phase(self, t: int, phase: Phase) -> None:
        """From `t` (ns) on, events belong to `phase`."""
        self._phases.append((t, phase.value))
        self._phases.sort(key=lambda pair: pair[0])
        self.append(t=t, p="harness", type="info", f="phase", k=phase.value, src="clock")

    def phase_at(self, t: int) -> str:
        """The phase in which `t` (ns) lies; "" before the first."""
        if self._phases and t >= self._phases[-1][0]:  # as most events
            return self._phases[-1][1]
        at = bisect_right(self._phases, t, key=lambda pair: pair[0])
        return self._phases[at - 1][1] if at else ""

    def append(
        self,
        *,
        t: int,
        p: str,
        type: str,
        f: str,
        k: str = "",
        v: dict[str, object] | None = None,
        err: str = "",
        due: int | None = None,
        src: Source = "client",
    ) -> Event:
        """Number the event, give it its phase, write it; what was before the zero is at it.

        Returns:
            the event as it stands in the file.
        """
        event = Event(
            i=self._count,
            t=max(t, 0),
            p=p,
            type=type,
            f=f,
            k=k,
            v=v or {},
            err=err,
            due=due,
            phase=self.phase_at(t),
            src=src,
        )
        line = _encode(event) + b"\n"
        self._sha.update(line)
        self._write(line)
        self._count += 1
        self.events.append(event)
        return event

    def _write(self, line: bytes) -> None:
        if self.failure is None:
            try:
                self._stream.write(line)
                self._stream.flush()
            except OSError as why:
                self.failure = why

    def close(self, t: int) -> str:
        """Write the last line.

        Returns:
            the sha256 (hex) of all lines before it.
        """
        digest = self._sha.hexdigest()
        end = {"count": self._count, "sha256": digest}
        self.append(t=t, p="harness", type="end", f="run", v=end, src="clock")
        return digest


class History:
    """A read-only view of events, in order of time.

    Args:
        events: in any order; sorted here by (t, i).
        complete: whether the last line was there and its count and sha256 were right.
    """

    def __init__(self, events: Iterable[Event], *, complete: bool = True) -> None:
        """Sort the events by time."""
        self.events = tuple(sorted(events, key=_moment))
        self.complete = complete

    @cached_property
    def header(self) -> Mapping[str, object]:
        """What the first line said; empty when there is none."""
        return next((event.v for event in self.events if event.type == "start"), {})

    def replaced(self, src: str, events: Iterable[Event]) -> History:
        """The same with other events of one source that is not `client`."""
        kept = (event for event in self.events if event.src != src)
        other = History((*kept, *events), complete=self.complete)
        other.all_ops = self.all_ops
        return other

    def without(self, entries: Iterable[Event]) -> History:
        """The same without some entries of ledgers."""
        left_out = {event.i for event in entries}
        return self.replaced("ledger", [one for one in self.of("ledger") if one.i not in left_out])

    def longer(self, events: Sequence[Event]) -> History:
        """The same with later events, in which operations of their own begin and end."""
        other = History((*self.events, *events), complete=self.complete)
        other.all_ops = (*self.all_ops, *History(events).all_ops)
        return other

    @cached_property
    def all_ops(self) -> tuple[Op, ...]:
        """Client operations, sorted by invoke; one that never completed is INFO."""
        return tuple(sorted(_pair(self.of("client")), key=attrgetter("t_invoke_s", "index")))

    @cached_property
    def _by_f(self) -> Mapping[str, tuple[Op, ...]]:
        groups: defaultdict[str, list[Op]] = defaultdict(list)
        for op in self.all_ops:
            groups[op.f].append(op)
        return {f: tuple(ops) for f, ops in groups.items()}

    def ops(self, *names: str, outcome: Outcome | None = None) -> Iterator[Op]:
        """Client operations with these names (all, when none is given), by invoke."""
        chosen: Iterable[Op]
        if len(names) == 1:
            chosen = self._by_f.get(names[0], ())
        elif names:
            chosen = [op for op in self.all_ops if op.f in names]
        else:
            chosen = self.all_ops
        return iter(chosen if outcome is None else [op for op in chosen if op.outcome is outcome])

    @cached_property
    def _by_src(self) -> Mapping[str, list[Event]]:
        groups: defaultdict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            groups[event.src].append(event)
        return groups

    def of(self, src: str) -> Sequence[Event]:
        """Events of one source, by time."""
        return self._by_src.get(src, ())

    def ledger(self, f: str, *, p: str | None = None) -> Iterator[Event]:
        """Entries of the stand-ins' ledgers: what really happened, by time."""
        entries = self.of("ledger")
        return iter([e for e in entries if e.f == f and (p is None or e.p == p)])

    @cached_property
    def ledgers_read(self) -> frozenset[str]:
        """Stand-ins whose ledger was collected at the end of the run, and is whole."""
        read = frozenset(e.p for e in self.of("clock") if e.f == "ledger")
        return read - self.ledgers_broken.keys()

    @cached_property
    def ledgers_broken(self) -> Mapping[str, str]:
        """Stand-ins whose ledger does not hold everything since the beginning, and why."""
        return {e.p: e.v["broken"] for e in self.of("clock") if "broken" in e.v}

    @cached_property
    def windows(self) -> tuple[FaultWindow, ...]:
        """Fault windows by injection; one that was never healed ends with the history."""
        t_last_s = self.events[-1].t_s if self.events else 0.0
        return tuple(fault_windows(self.of("nemesis"), t_last_s))

    @cached_property
    def begun_s(self) -> Mapping[str, float]:
        """Journey, by its user -> when it was due to begin; last reads are no journey."""
        begun: dict[str, float] = {}
        for op in self.all_ops:
            if op.phase != Phase.SETTLED:
                begun[op.user] = min(op.t_due_s, begun.get(op.user, op.t_due_s))
        return begun

    @cached_property
    def t_load_end_s(self) -> float:
        """When the load stopped: the start of the settled phase, else the last event."""
        settled = [e.t_s for e in self.of("clock") if e.f == "phase" and e.k == Phase.SETTLED]
        return settled[0] if settled else (self.events[-1].t_s if self.events else 0.0)


def _pair(events: Iterable[Event]) -> Iterator[Op]:
    """Operations from the events of clients."""
    open_: dict[str, Event] = {}
    for event in events:
        if event.type == "invoke":
            if event.p in open_:
                yield _op(open_[event.p], None)
            open_[event.p] = event
        elif event.type in COMPLETIONS and event.p in open_:
            yield _op(open_.pop(event.p), event)
    for event in open_.values():
        yield _op(event, None)


def _op(invoke: Event, end: Event | None) -> Op:
    due = invoke.t if invoke.due is None else invoke.due
    asked = (invoke.i, invoke.f, invoke.p, invoke.k, due / NS, invoke.t / NS)
    if end is None:
        return Op(*asked, None, Outcome.INFO, "never_completed", invoke.v, {}, invoke.phase)
    outcome = COMPLETIONS[end.type]
    return Op(*asked, end.t / NS, outcome, end.err, invoke.v, end.v, invoke.phase)
