"""When are two worlds the same? Where both would go on alike, and nothing that counts is different.

    what reached whom ─┐
    promises made     ─┼─ state of a moment ── equal: one more fault there has the same effect
    tries, failures   ─┤
    the future        ─┘  every call, answer and ledger entry to come if nothing more goes wrong

Left out: ids (renamed in the order in which they appear), moments in time, and a service's memory
beyond what its future shows. That the last one loses no finding is checked against exact searches,
by tests and by the benchmark.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from harness.clock import NS
from harness.history import Event, History
from harness.model import Op, Outcome, Phase

APPLIED_NOT = frozenset({"refused", "request_lost", "error_before", "crash_before_write"})
HARMLESS = frozenset({"slow", "duplicate"})  # the caller has its answer in time
LATE = "late"
CRASH = "crash"
SAFE = ("GET ", "HEAD ")  # they change nothing. Source: RFC 9110, section 9.2.1


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


def digest(*parts: object) -> str:
    """A short fingerprint; the same in every process."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=9).hexdigest()


def signature(trace: Any, history: History) -> str:
    """Equal for worlds in which the same things happened in the same order; faults aside."""
    calls = [(point.edge, operation) for point, operation in trace.points.items()]
    ops = [(*_answer(op), op.phase) for op in history.all_ops]
    return digest(calls, ops, list(_ledgers(history)))


def states(trace: Any, history: History, final: Collection[str]) -> list[str]:
    """The state just before each call of a trace, in order.

    Args:
        final: statuses that are promises: once told they must not change.
    """
    told = list(_told(history))
    futures = _futures(trace, history, told)
    modes = {fired.point: str(fired.mode) for fired in trace.fired}
    past, at, known = _Past(final), 0, []
    for number, (point, operation) in enumerate(trace.points.items()):
        while at < len(told) and told[at].i < trace.marks[number]:
            past.tell(told[at])
            at += 1
        known.append(digest(futures[number], past.fingerprint()))
        past.call(point.edge, operation, modes.get(point, ""))
    return known


def _futures(trace: Any, history: History, told: list[Told]) -> list[str]:
    """For each call: it, and everything after it."""
    finals = [_answer(op) for op in history.all_ops if op.phase == Phase.SETTLED]
    future = digest(finals, list(_ledgers(history)))
    futures: list[str] = []
    calls = zip(trace.points.items(), trace.marks, strict=True)
    at = len(told)
    for (point, operation), mark in reversed(list(calls)):
        while at and told[at - 1].i >= mark:
            at -= 1
            future = digest(told[at].step[1], told[at].answer, future)
        future = digest(point.edge, operation, future)
        futures.append(future)
    return futures[::-1]


class _Past:
    """What of the past counts: what reached whom, failures in a row, what borrowers were told."""

    def __init__(self, final: Collection[str]) -> None:
        self._final = final
        self._reached: set[tuple[str, str, str]] = set()
        self._in_a_row: dict[str, int] = {}
        self._told: set[tuple[Any, ...]] = set()
        self._tries: dict[str, tuple[tuple[str, str, str], int]] = {}
        self._open: set[str] = set()

    def call(self, edge: str, operation: str, mode: str) -> None:
        """A call was made."""
        if mode not in APPLIED_NOT and not operation.startswith(SAFE):
            self._reached.add((edge, operation, LATE if mode == LATE else ""))
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
            self._told.add((process, f, status if status in self._final else ""))

    def fingerprint(self) -> str:
        """Of all that counts."""
        rows = sorted(pair for pair in self._in_a_row.items() if pair[1])
        steps = sorted((p, step[1], n, p in self._open) for p, (step, n) in self._tries.items())
        return digest(sorted(self._reached), rows, sorted(self._told, key=repr), steps)


def _told(history: History) -> Iterator[Told]:
    """Beginnings and ends of the borrowers' operations, in the order in which they were written."""
    begun: dict[str, Event] = {}
    events = (e for e in history.events if e.src == "client" and e.phase != Phase.SETTLED)
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


def _ledgers(history: History) -> Iterator[tuple[Any, ...]]:
    """Entries in order, without times, ids by order of appearance."""
    names: dict[str, str] = {}
    for event in history.events:
        if event.src == "ledger":
            yield event.p, event.f, _renamed(event, names)


def _renamed(event: Event, names: dict[str, str]) -> list[tuple[str, Any]]:
    return [
        (key, names.setdefault(value, str(len(names))) if _is_id(value) else value)
        for key, value in sorted(_lasting(event.v).items())
    ]


def _lasting(v: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in v.items() if key != "i" and not key.endswith("_s")}


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and any(character.isdigit() for character in value)
