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
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from harness.clock import NS
from harness.errors import ConfigError, Problem
from harness.model import FaultWindow, Op, Outcome, Phase

COMPLETIONS = {Outcome.OK.value, Outcome.FAIL.value, Outcome.INFO.value}


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
        src: client, ledger, nemesis, service, clock.
    """

    i: int
    t: int
    p: str
    type: str
    f: str
    k: str = ""
    v: dict[str, Any] = {}
    err: str = ""
    due: int | None = None
    phase: str = ""
    src: str

    @property
    def t_s(self) -> float:
        """Seconds on the run clock."""
        return self.t / NS


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Event).decode


class HistoryWriter:
    """Appends events to a file; the only writer of a run's history.

    Args:
        stream: binary file, written line by line and flushed, so that a run that dies can be read.
        header: seed, plan, commit, versions, runtime.
    """

    def __init__(self, stream: io.BufferedIOBase, header: Mapping[str, Any]) -> None:
        """Write the first line."""
        self._stream = stream
        self._sha = hashlib.sha256()
        self._count = 0
        self._phases: list[tuple[int, str]] = []
        self.events: list[Event] = []
        self.append(t=0, p="harness", type="start", f="run", v=dict(header), src="clock")

    def phase(self, t: int, phase: Phase) -> None:
        """From `t` (ns) on, events belong to `phase`."""
        self._phases.append((t, phase.value))
        self._phases.sort(key=lambda pair: pair[0])
        self.append(t=t, p="harness", type="info", f="phase", k=phase.value, src="clock")

    def phase_at(self, t: int) -> str:
        """The phase in which `t` (ns) lies; "" before the first."""
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
        v: dict[str, Any] | None = None,
        err: str = "",
        due: int | None = None,
        src: str = "client",
    ) -> Event:
        """Number the event, give it its phase, write it.

        Returns:
            the event as it stands in the file.
        """
        event = Event(
            i=self._count,
            t=t,
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
        self._stream.write(line)
        self._stream.flush()
        self._count += 1
        self.events.append(event)
        return event

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
        self.events = tuple(sorted(events, key=lambda event: (event.t, event.i)))
        self.complete = complete

    @cached_property
    def header(self) -> Mapping[str, Any]:
        """What the first line said; empty when there is none."""
        return next((event.v for event in self.events if event.type == "start"), {})

    @cached_property
    def all_ops(self) -> tuple[Op, ...]:
        """Client operations, sorted by invoke; one that never completed is INFO."""
        return tuple(sorted(_pair(self.events), key=lambda op: (op.t_invoke_s, op.index)))

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
        else:
            chosen = (op for op in self.all_ops if not names or op.f in names)
        return (op for op in chosen if outcome is None or op.outcome is outcome)

    def ledger(self, f: str, *, p: str | None = None) -> Iterator[Event]:
        """Entries of the stand-ins' ledgers: what really happened, by time."""
        return (
            event
            for event in self.events
            if event.src == "ledger" and event.f == f and (p is None or event.p == p)
        )

    @cached_property
    def ledgers_read(self) -> frozenset[str]:
        """Stand-ins whose ledger was collected at the end of the run."""
        return frozenset(e.p for e in self.events if e.src == "clock" and e.f == "ledger")

    @cached_property
    def windows(self) -> tuple[FaultWindow, ...]:
        """Fault windows by injection; one that was never healed ends with the history."""
        return tuple(_windows(self.events))

    @cached_property
    def t_load_end_s(self) -> float:
        """When the load stopped: the start of the settled phase, else the last event."""
        settled = [e.t_s for e in self.events if e.f == "phase" and e.k == Phase.SETTLED]
        return settled[0] if settled else (self.events[-1].t_s if self.events else 0.0)


def _pair(events: Iterable[Event]) -> Iterator[Op]:
    open_: dict[str, Event] = {}
    for event in events:
        if event.src != "client":
            continue
        if event.type == "invoke":
            if event.p in open_:
                yield _op(open_[event.p], None)
            open_[event.p] = event
        elif event.type in COMPLETIONS and event.p in open_:
            yield _op(open_.pop(event.p), event)
    for event in open_.values():
        yield _op(event, None)


def _op(invoke: Event, end: Event | None) -> Op:
    return Op(
        index=invoke.i,
        f=invoke.f,
        p=invoke.p,
        k=invoke.k,
        t_due_s=(invoke.t if invoke.due is None else invoke.due) / NS,
        t_invoke_s=invoke.t_s,
        t_end_s=end.t_s if end else None,
        outcome=Outcome(end.type) if end else Outcome.INFO,
        err=end.err if end else "never_completed",
        request=invoke.v,
        value=end.v if end else {},
        phase=invoke.phase,
    )


def _windows(events: tuple[Event, ...]) -> Iterator[FaultWindow]:
    open_: dict[tuple[str, str], Event] = {}
    tried: dict[tuple[str, str], Event] = {}
    for event in events:
        if event.src != "nemesis":
            continue
        at = (event.f, event.k)
        if event.v.get("action") == "inject" and event.type == "invoke":
            tried[at] = event  # its harm may come before anybody knows that it was done
        elif event.v.get("action") == "inject" and event.type == Outcome.OK:
            open_[at] = tried.pop(at, event)
        elif event.v.get("action") == "heal" and event.type == Outcome.OK and at in open_:
            yield FaultWindow(event.f, event.k, open_.pop(at).t_s, event.t_s)
    t_last_s = events[-1].t_s if events else 0.0
    for (fault, where), event in open_.items():
        yield FaultWindow(fault, where, event.t_s, t_last_s)


def read_history(path: Path) -> History:
    """Read a history file; a torn last line is tolerated and makes it incomplete.

    Raises:
        ConfigError: no such file, or a line before the last that is no event.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            Problem(f"cannot read the history: {error.strerror}", str(path))
        ) from None
    events: list[Event] = []
    sha, complete = hashlib.sha256(), False
    lines = raw.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        try:
            event = _decode(line)
        except msgspec.DecodeError as error:
            if number == len(lines):
                break
            raise ConfigError(Problem(f"not an event: {error}", f"{path}:{number}")) from None
        if event.type == "end":
            complete = event.v.get("count") == len(events)
            complete = complete and event.v.get("sha256") == sha.hexdigest()
        sha.update(line)
        events.append(event)
    return History(events, complete=complete)
