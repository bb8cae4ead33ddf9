"""How long work waits in the queue by the service's own figures, second by second."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.invariants._operator import samples
from chaos.targets._reference_gauges import WAIT
from harness.history import History
from harness.model import Objectives, Op

APPLICATION = "application"
SUBMIT, OVERLOADED = "submit", "overloaded"
LOOK_S = 1.5  # between two looks at the queue; chosen
ENDS_S = 3.0  # after the last look that said so a refusal may still come; chosen
Span = tuple[float, float]


def over(history: History, objectives: Objectives, limit: str = "after_s") -> list[Span]:
    """When the oldest application that could be worked on was told at each look to have waited
    longer than a limit, each from its first such look to its last one, run time.

    Args:
        limit: of the contract's `shed`: `after_s`, from which nobody may be taken in any more, or
            `least_s`, below which nobody may be refused.
    """
    return list(_spans(history, objectives.contract.get("shed", {}).get(limit, float("inf"))))


def _spans(history: History, after_s: float) -> Iterator[Span]:
    begun_s: float | None = None
    last_s = 0.0
    for event in samples(history, WAIT):
        if float(event.v[WAIT].get(APPLICATION, 0.0)) > after_s:
            begun_s, last_s = event.t_s if begun_s is None else begun_s, event.t_s
        elif begun_s is not None:
            yield begun_s, last_s
            begun_s = None
    if begun_s is not None:
        yield begun_s, last_s


def is_over(spans: list[Span], t_from_s: float, t_to_s: float) -> bool:
    """Whether one of them has a look in that time."""
    return any(a_s <= t_to_s and t_from_s <= b_s for a_s, b_s in spans)


def refused_truly(op: Op, spans: list[Span]) -> bool:
    """Whether an application was refused for too much work, and work did wait at that time."""
    is_refusal = op.f == SUBMIT and op.err == OVERLOADED
    return is_refusal and is_over(spans, op.t_invoke_s - ENDS_S, op.last_s + LOOK_S)
