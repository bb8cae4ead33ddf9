"""R10: when more comes than can be done, new applications are what is refused, and nothing else.

oldest waits   ______/~~~~~~~~~\\________    longer than may be
submit         ok ok  ok ? no no  ? ok ok     ?: either
repay, reads   ok ok  ok  ok  ok   ok ok
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._front import front_windows
from chaos.invariants._operator import samples
from chaos.invariants._views import cut_off, own_doing, result
from chaos.invariants._waits import ENDS_S, OVERLOADED, SUBMIT, Span, over, refused_truly
from chaos.lending import DATABASE
from chaos.targets._reference_gauges import WAIT
from harness.history import History
from harness.model import FaultWindow, Objectives, Op, Outcome

KEPT = ("repay", "read_loan", "read_limit", "application", "repayment")  # rather than submissions

TOGETHER_S = 0.5  # after a failure: who is taken in by then was at the same time; chosen


def _examine(history: History, objectives: Objectives) -> Findings:
    spans, waits = over(history, objectives), over(history, objectives, "least_s")
    broken = [*front_windows(history, objectives), *_of_records(history, objectives)]
    refused = [op for op in history.all_ops if op.err == OVERLOADED]
    found = [
        *_untrue([op for op in refused if not _met(op, broken)], waits),
        *_too_long(history, objectives, spans),
        *_out_of_order(history, objectives, broken),
    ]
    told = bool(samples(history, WAIT)) or not objectives.contract.get("shed")
    return Findings(
        examined=len(refused) + sum(1 for _ in history.ops(*KEPT)),
        bad=sorted(found, key=lambda one: float(str(one["t_s"]))),
        details={"refused": len(refused), "over_s": round(sum(b - a for a, b in spans), 1)},
        missing="" if told else "the service does not tell how long work waits",
    )


def _untrue(refused: list[Op], spans: list[Span]) -> Iterator[Mapping[str, object]]:
    for op in refused:
        at = f"{op.f} {op.k} was refused for too much work at {op.last_s:.2f} s"
        if op.f != SUBMIT:
            yield bad(op.last_s, f"{at}, which is for new applications alone", [op.index], key=op.k)
        elif not refused_truly(op, spans):
            yield bad(op.last_s, f"{at}, and hardly anybody waited", [op.index], key=op.k)


def _too_long(
    history: History, objectives: Objectives, spans: list[Span]
) -> Iterator[Mapping[str, object]]:
    """Who is taken in while others wait too long, and have for a while."""
    within_s = objectives.contract.get("shed", {}).get("within_s", 0.0)
    known = set()
    for op in history.ops(SUBMIT, outcome=Outcome.OK):
        for begun_s, last_s in spans:
            if begun_s + within_s < op.t_invoke_s and op.last_s < last_s and op.k not in known:
                what = (
                    f"submit {op.k} was taken in at {op.last_s:.2f} s, while the oldest application"
                    f" waits too long since {begun_s:.2f} s"
                )
                yield bad(op.last_s, what, [op.index], key=op.k)
        known.add(op.k)


def _out_of_order(
    history: History, objectives: Objectives, broken: list[FaultWindow]
) -> Iterator[Mapping[str, object]]:
    """What fails while new applications are taken in."""
    ends_s = sorted(op.last_s for op in history.ops(SUBMIT, outcome=Outcome.OK))
    for op in history.ops(*KEPT):
        if op.outcome is Outcome.OK or own_doing(op, objectives):
            continue
        if cut_off(op, history, objectives) or _met(op, broken):
            continue
        near = bisect_left(ends_s, op.t_invoke_s)
        if near < len(ends_s) and ends_s[near] <= op.last_s + TOGETHER_S:
            what = (
                f"{op.f} {op.k} failed at {op.last_s:.2f} s ({result(op)}), while a new application"
                f" was taken in at {ends_s[near]:.2f} s"
            )
            yield bad(op.last_s, what, [op.index], f=op.f, key=op.k)


def _of_records(history: History, objectives: Objectives) -> list[FaultWindow]:
    role_at = objectives.system.role_at
    return [window for window in history.windows if role_at(window.where) == DATABASE]


def _met(op: Op, windows: list[FaultWindow]) -> bool:
    return any(window.overlaps(op.t_invoke_s - ENDS_S, op.last_s) for window in windows)


INVARIANT = Invariant(
    name="sheds_in_order",
    ids=("R10", "R8"),
    claim="While work waits too long new applications are refused as such, within 3 s and not "
    "otherwise; no repayment and no read fails while applications are taken in, unless our records "
    "or the way to the service are broken.",
    examine=_examine,
    timed=True,
)
