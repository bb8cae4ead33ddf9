"""When are two worlds the same? Where both would go on alike, and nothing that counts is different.

    what reached whom, what is on its way ─┐
    promises made                         ─┼─ state of a moment ── equal: one more fault there
    tries, failures in a row              ─┤                       has the same effect
    the future                            ─┘
          every call, answer and ledger entry to come if nothing more goes wrong

Left out: ids (renamed in the order in which they appear in a ledger), the order of entries of
different ledgers, moments in time, what a borrower read that promises nothing, and a service's
memory beyond what its future shows. That the last one loses no finding is checked against exact
searches, by tests and by the benchmark.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.clock import NS
from harness.history import Event, History
from harness.model import Op, Outcome, Phase

APPLIED_NOT = frozenset({"refused", "request_lost", "error_before", "crash_before_write"})
HARMLESS = frozenset({"slow", "duplicate"})  # the caller has its answer in time
LATE = "late"
CRASH = "crash"
SAFE = ("GET ", "HEAD ")  # they change nothing. Source: RFC 9110, section 9.2.1
DIGEST_BYTES = 9


class Told(NamedTuple):
    """A borrower began or ended an operation.

    Args:
        i: number of the event.
        step: what is done, a process and a key.
        answer: what came of it; None at its beginning.
    """

    i: int
    step: tuple[str, str, str]
    answer: tuple[Any, ...] | None


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


def digest(*parts: object) -> str:
    """A short fingerprint; the same in every process."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=DIGEST_BYTES).hexdigest()


def signature(trace: Any, history: History) -> str:
    """Equal for worlds in which the same things happened in the same order; faults aside."""
    calls = [(point.edge, operation) for point, operation in trace.points.items()]
    ops = [(*_answer(op), op.phase) for op in history.all_ops]
    return digest(calls, ops, _ledgers(history))


def states(trace: Any, history: History, meaning: Meaning) -> list[str]:
    """The state just before each call of a trace, in order; "" up to the last fault."""
    told = list(_told(history))
    futures = _futures(trace, history, told)
    modes = {fired.point: str(fired.mode) for fired in trace.fired}
    left = len(modes)
    past, at, known = _Past(meaning, trace.landed), 0, []
    for number, (point, operation) in enumerate(trace.points.items()):
        while at < len(told) and told[at].i < trace.marks[number]:
            past.tell(told[at])
            at += 1
        known.append("" if left else digest(futures[number], past.fingerprint(number)))
        left -= point in modes
        past.call(point, operation, modes.get(point, ""))
    return known


def _futures(trace: Any, history: History, told: list[Told]) -> list[bytes]:
    """For each call: it, and everything after it."""
    finals = [_answer(op) for op in history.all_ops if op.phase == Phase.SETTLED]
    future = hashlib.blake2b(repr((finals, _ledgers(history))).encode(), digest_size=DIGEST_BYTES)
    futures: list[bytes] = []
    calls = zip(trace.points.items(), trace.marks, strict=True)
    at = len(told)
    for (point, operation), mark in reversed(list(calls)):
        while at and told[at - 1].i >= mark:
            at -= 1
            future.update(repr((told[at].step[1], told[at].answer)).encode())
        future.update(f"({point.edge} {operation})".encode())
        futures.append(future.digest())
    return futures[::-1]


class _Past:
    """What of the past counts: what reached whom, failures in a row, what borrowers were told.

    Args:
        landed: late calls -> how many calls had been made when they arrived.
    """

    def __init__(self, meaning: Meaning, landed: Mapping[Any, int]) -> None:
        self._meaning = meaning
        self._landed = landed
        self._reached: set[tuple[str, str]] = set()
        self._on_its_way: dict[Any, tuple[str, str]] = {}
        self._in_a_row: dict[str, int] = {}
        self._told: set[tuple[str, str, str]] = set()
        self._tries: dict[str, tuple[tuple[str, str, str], int]] = {}
        self._open: set[str] = set()

    def call(self, point: Any, operation: str, mode: str) -> None:
        """A call was made."""
        edge = point.edge
        if not operation.startswith(SAFE):
            if mode == LATE:
                self._on_its_way[point] = (edge, operation)
            elif mode not in APPLIED_NOT:
                self._reached.add((edge, operation))
        if edge != self._meaning.entry:  # how often a borrower tried is counted as his tries
            failed = bool(mode) and mode not in HARMLESS
            self._in_a_row[edge] = self._in_a_row.get(edge, 0) + 1 if failed else 0
        if mode.startswith(CRASH):  # whoever counted failures has died
            caller, _, _ = edge.partition("->")
            for other in self._in_a_row:
                if other.startswith(f"{caller}->"):
                    self._in_a_row[other] = 0

    def tell(self, told: Told) -> None:
        """A borrower began something, or was answered."""
        process, f, _ = told.step
        if told.answer is None:
            before, tries = self._tries.get(process, (told.step, 0))
            self._tries[process] = told.step, tries + 1 if before == told.step else 1
            self._open.add(process)
            return
        self._open.discard(process)
        outcome, _, status, *_ = told.answer
        if outcome == Outcome.OK.value:
            del self._tries[process]  # he goes on; how is his future
            final = status if status in self._meaning.final else ""
            if final or f not in self._meaning.reads:
                self._told.add((process, f, final))

    def fingerprint(self, number: int) -> bytes:
        """Of all that counts just before call `number`."""
        for point in [p for p in self._on_its_way if self._landed.get(p, number + 1) <= number]:
            self._reached.add(self._on_its_way.pop(point))
        rows = sorted(pair for pair in self._in_a_row.items() if pair[1])
        steps = sorted((p, step[1], n, p in self._open) for p, (step, n) in self._tries.items())
        way = sorted(self._on_its_way.values())
        return repr((sorted(self._reached), way, rows, sorted(self._told), steps)).encode()


def _told(history: History) -> Iterator[Told]:
    """Beginnings and ends of the borrowers' operations, in the order in which they were written."""
    begun: dict[str, Event] = {}
    events = [e for e in history.of("client") if e.phase != Phase.SETTLED]
    for event in sorted(events, key=lambda event: event.i):
        borrower, _, _ = event.p.partition(".")  # a new life of the same one, after a doubt
        step = (borrower, event.f, event.k)
        if event.type == "invoke":
            begun[event.p] = event
            yield Told(event.i, step, None)
        else:
            began = begun.pop(event.p)
            took_s = round((event.t - (began.t if began.due is None else began.due)) / NS, 1)
            told = (event.type, event.err, *_said(event.v), took_s)
            yield Told(event.i, step, told)


def _said(value: Mapping[str, Any]) -> tuple[Any, Any]:
    return value.get("status"), value.get("http_status")


def _answer(op: Op) -> tuple[Any, ...]:
    """What came of an operation; tenths of a second, because promises have deadlines."""
    latency_s = None if op.latency_s is None else round(op.latency_s, 1)
    return op.f, op.outcome.value, op.err, *_said(op.value), latency_s


def _ledgers(history: History) -> list[tuple[Any, ...]]:
    """Entries of each ledger in order, without times, ids by order of appearance."""
    ledgers: defaultdict[str, list[Event]] = defaultdict(list)
    for event in history.of("ledger"):
        ledgers[event.p].append(event)
    names: dict[str, str] = {}
    return [(p, e.f, _renamed(e, names)) for p in sorted(ledgers) for e in ledgers[p]]


def _renamed(event: Event, names: dict[str, str]) -> list[tuple[str, Any]]:
    return [
        (key, names.setdefault(value, str(len(names))) if _is_id(value) else value)
        for key, value in sorted(event.v.items())
        if key != "i" and not key.endswith("_s")
    ]


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and not value.isalpha() and any(map(str.isdigit, value))
