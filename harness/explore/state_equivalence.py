"""State equivalence: two worlds that would continue alike, with the same promises, are run once.

    what reached whom and is asked again, what is on its way ─┐
    promises made                                            ─┼─ state of an instant ── equal: one
    tries, failures in a row                                 ─┤    more fault there has the same
    the future                                               ─┘    effect
          every call, answer and ledger entry to come if nothing more goes wrong

Left out: ids (renamed in the order in which they appear in a ledger), the order in which different
third parties are asked, borrowers answered and ledgers written, instants in time, looks at what
promises nothing, what reached somebody and is not asked again (the ledgers tell), and a service's
memory beyond what its future shows. That these lose no finding is checked against exact searches,
by tests and by the benchmark. Left out as well is where the dice stand: a race of two deliveries at
one instant can end one way in this world and the other way in that, and only one of them is seen.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.clock import NS
from harness.history import Event, History
from harness.json_types import JsonObject
from harness.model import Op, Outcome, Phase
from harness.scenario import Point, Trace

APPLIED_NOT = frozenset({"refused", "request_lost", "error_before", "crash_before_write"}) | {
    "denied", "busy", "intercepted",
}  # fmt: skip
HARMLESS = frozenset({"slow", "duplicate", "stale"})  # the caller has its answer in time
LINGERS = frozenset({"late", "promote", "stale"})  # it goes on when its call is over
CRASH = "crash"
WRITE = "write"  # to a store; one is not told from another
SAFE = ("GET ", "HEAD ")  # they change nothing. Source: RFC 9110, section 9.2.1
DIGEST_BYTES = 9


Answered = tuple[str, str, str | None, int | None, float]
"""Outcome, error, status, HTTP status, how long it took, s."""


class BorrowerEvent(NamedTuple):
    """A borrower began or ended an operation.

    Args:
        i: number of the event.
        step: what is done, a process and a key.
        answer: what came of it; None at its beginning.
    """

    i: int
    step: tuple[str, str, str]
    answer: Answered | None


class State(NamedTuple):
    """Where a world stands.

    Args:
        now: of what was and what is still to come.
        future: of what is still to come alone.
    """

    now: str
    future: str


NOTHING = State("", "")


@dataclass(frozen=True)
class Meaning:
    """What a target says of its borrowers.

    Args:
        final: statuses that are promises: once told they must not change.
        reads: operations that change nothing.
        entry: the borrowers' own link.
    """

    final: Collection[str] = ()
    reads: Collection[str] = ()
    entry: str = ""

    def looks(self, edge: str, operation: str) -> bool:
        """Whether a call is one with which a borrower only looks at something."""
        return edge == self.entry and operation.startswith(SAFE)

    def promise(self, event: BorrowerEvent) -> str:
        """The status that must not change any more, "" for any other."""
        status = (event.answer[2] if event.answer is not None else None) or ""
        return status if status in self.final else ""

    def counts(self, event: BorrowerEvent) -> bool:
        """Whether it is more than a look at something that may still change."""
        return event.step[1] not in self.reads or bool(self.promise(event))


def digest(*parts: object) -> str:
    """A short fingerprint; the same in every process."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=DIGEST_BYTES).hexdigest()


def signature(trace: Trace, history: History) -> str:
    """Equal for worlds in which the same things happened in the same order; faults aside."""
    calls = [(point.edge, operation) for point, operation in trace.points.items()]
    ops = [(*_answer(op), op.phase) for op in history.all_ops]
    return digest(calls, ops, _ledgers(history))


def states(trace: Trace, history: History, meaning: Meaning) -> list[State]:
    """The state just before each call of a trace, in order; NOTHING up to the last fault."""
    events = [one for one in _answers(history) if meaning.counts(one)]
    calls = [(point.edge, operation) for point, operation in trace.points.items()]
    modes = {fired.point: str(fired.mode) for fired in trace.fired}
    first = 1 + max((n for n, point in enumerate(trace.points) if point in modes), default=-1)
    futures = _futures(calls[first:], trace.marks[first:], events, history, meaning)
    past, at, known = _Past(meaning, trace.landed, calls), 0, [NOTHING] * first
    for number, (point, operation) in enumerate(trace.points.items()):
        while at < len(events) and events[at].i < trace.marks[number]:
            past.tell(events[at])
            at += 1
        if number >= first:
            future = futures[number - first]
            known.append(State(digest(past.fingerprint(number), future), future))
        past.call(point, operation, modes.get(point, ""))
    return known


def _futures(
    calls: list[tuple[str, str]],
    marks: Sequence[int],
    events: list[BorrowerEvent],
    history: History,
    meaning: Meaning,
) -> list[str]:
    """For each call: it and what comes after it, each edge and borrower alone, and the end."""
    finals = [_answer(op) for op in history.all_ops if op.phase == Phase.SETTLED]
    end = digest(finals, _ledgers(history))
    lines: dict[str, str] = {}
    futures: list[str] = []
    at = len(events)
    for (edge, operation), mark in zip(reversed(calls), reversed(marks), strict=True):
        while at and events[at - 1].i >= mark:
            at -= 1
            process, f, _ = events[at].step
            lines[process] = digest(lines.get(process), f, events[at].answer)
        if not meaning.looks(edge, operation):
            lines[edge] = digest(lines.get(edge), operation)
        futures.append(digest(sorted(lines.items()), end))
    return futures[::-1]


class _Past:
    """What of the past counts: what reached whom, failures in a row, what borrowers were told.

    Args:
        landed: late calls -> how many calls had been made when they arrived.
        calls: edge and operation of every call, also of those to come.
    """

    def __init__(
        self, meaning: Meaning, landed: Mapping[Point, int], calls: Sequence[tuple[str, str]]
    ) -> None:
        self._meaning = meaning
        self._landed = landed
        self._calls = calls
        self._last = {call: number for number, call in enumerate(calls)}
        self._stores = {edge for edge, operation in calls if operation == WRITE}
        self._reached: set[tuple[str, str]] = set()
        self._on_its_way: dict[Point, tuple[str, str]] = {}
        self._in_a_row: dict[str, int] = {}
        self._answers: set[tuple[str, str, str]] = set()
        self._tries: dict[str, tuple[tuple[str, str, str], int]] = {}
        self._open: Counter[str] = Counter()  # a borrower may ask several times at once

    def call(self, point: Point, operation: str, mode: str) -> None:
        """A call was made."""
        edge = point.edge
        if not operation.startswith(SAFE):
            if mode in LINGERS:
                self._on_its_way[point] = (edge, operation)
            elif mode not in APPLIED_NOT:
                self._reach((edge, operation))
        if edge != self._meaning.entry:  # how often a borrower tried is counted as his tries
            failed = bool(mode) and mode not in HARMLESS
            self._in_a_row[edge] = self._in_a_row.get(edge, 0) + 1 if failed else 0
        if mode.startswith(CRASH):  # whoever counted failures has died
            caller, _, _ = edge.partition("->")
            for other in self._in_a_row:
                if other.startswith(f"{caller}->"):
                    self._in_a_row[other] = 0

    def tell(self, event: BorrowerEvent) -> None:
        """A borrower began something, or was answered."""
        process, f, _ = event.step
        if f in self._meaning.reads:
            self._answers.add((process, f, self._meaning.promise(event)))
        elif event.answer is None:
            before, tries = self._tries.get(process, (event.step, 0))
            self._tries[process] = event.step, tries + 1 if before == event.step else 1
            self._open[process] += 1
        else:
            self._open[process] -= 1
            if event.answer[0] == Outcome.OK.value:
                self._tries.pop(process, None)  # he goes on; how is his future
                self._answers.add((process, f, self._meaning.promise(event)))

    def fingerprint(self, number: int) -> str:
        """Of all that counts just before call `number`."""
        for point in [p for p in self._on_its_way if self._landed.get(p, number + 1) <= number]:
            self._reach(self._on_its_way.pop(point))
        edge, operation = self._calls[number]
        counted = [row for row in self._in_a_row.items() if row[1]]
        # Of a store that is a command which is tried again: nobody gives up his own records.
        rows = sorted(row for row in counted if row[0] == edge or row[0] not in self._stores)
        steps = sorted((p, step[1], n) for p, (step, n) in self._tries.items())
        under_way = sorted((p, n) for p, n in self._open.items() if n)
        way = self._again(self._on_its_way.values(), number)
        reached = self._again(self._reached, number)
        return repr((edge, operation, reached, way, rows, sorted(self._answers), steps, under_way))

    def _reach(self, call: tuple[str, str]) -> None:
        if call[1] != WRITE:
            self._reached.add(call)

    def _again(self, calls: Iterable[tuple[str, str]], number: int) -> list[tuple[str, str]]:
        """Those that are made again; of the others the ledgers say whether they had an effect."""
        return sorted(call for call in calls if self._last[call] >= number or call[1] == WRITE)


def _answers(history: History) -> Iterator[BorrowerEvent]:
    """Beginnings and ends of the borrowers' operations, in the order in which they were written."""
    begun: dict[str, Event] = {}
    events = [e for e in history.of("client") if e.phase != Phase.SETTLED]
    for event in sorted(events, key=lambda event: event.i):
        borrower, _, _ = event.p.partition(".")  # a new life of the same one, after a doubt
        step = (borrower, event.f, event.k)
        if event.type == "invoke":
            begun[event.p] = event
            yield BorrowerEvent(event.i, step, None)
        else:
            began = begun.pop(event.p)
            took_s = round((event.t - (began.t if began.due is None else began.due)) / NS, 1)
            answer = (event.type, event.err, *_said(event.v), took_s)
            yield BorrowerEvent(event.i, step, answer)


def _said(value: JsonObject) -> tuple[str | None, int | None]:
    return value.get("status"), value.get("http_status")


def _answer(op: Op) -> tuple[object, ...]:
    """What came of an operation; tenths of a second, because promises have deadlines."""
    latency_s = None if op.latency_s is None else round(op.latency_s, 1)
    return op.f, op.outcome.value, op.err, *_said(op.value), latency_s


def _ledgers(history: History) -> list[tuple[object, ...]]:
    """Entries of each ledger in order, without times, ids by order of appearance."""
    ledgers: defaultdict[str, list[Event]] = defaultdict(list)
    for event in history.of("ledger"):
        ledgers[event.p].append(event)
    names: dict[str, str] = {}
    return [(p, e.f, _renamed(e, names)) for p in sorted(ledgers) for e in ledgers[p]]


def _renamed(event: Event, names: dict[str, str]) -> list[tuple[str, object]]:
    return [
        (key, names.setdefault(value, str(len(names))) if _is_id(value) else value)
        for key, value in sorted(event.v.items())
        if key != "i" and not key.endswith("_s")
    ]


def _is_id(value: object) -> bool:
    return isinstance(value, str) and not value.isalpha() and any(map(str.isdigit, value))
