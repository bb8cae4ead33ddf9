"""What can be measured of operations: each measure with its quantity, its samples and its value.

A measure must not improve as the service worsens: latencies are those of answered operations, the
time until somebody learns of a failure has a measure of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from harness.model import Op, Outcome
from harness.stats import clopper_pearson, quantile
from harness.units import Condition, Quantity

TOO_MANY = 429  # the service's own limit, not the borrower's mistake
SAMPLES_MIN = 20  # chosen, not measured: fewer say too little about a service to gate on
NEVER = "never answered"


@dataclass(frozen=True)
class Seen:
    """What a measure came to.

    Args:
        n: samples that it rests on.
        met: whether the limit held; None: too little was seen to say.
        value: in s or as a share; None: not measured, or no end was seen.
        shown: `value` in the unit of the limit.
        why: for None in `met`: what was missing.
    """

    n: int
    met: bool | None
    value: float | None = None
    shown: str = "not measured"
    why: str = ""


@dataclass(frozen=True)
class Measure:
    """One kind of number.

    Args:
        quantity: decides the units of a limit on it.
        judge: whether a limit holds on operations.
        meaning: for a reader.
    """

    quantity: Quantity
    judge: Callable[[Sequence[Op], Condition], Seen]
    meaning: str


def served(op: Op) -> bool:
    """Whether the service did its part: ok, or a refusal of the borrower's own mistake (4xx)."""
    status = op.value.get("http_status") or 0
    refused = op.outcome is Outcome.FAIL and 400 <= status < 500 and status != TOO_MANY
    return op.outcome is Outcome.OK or refused


def is_ok(op: Op) -> bool:
    """Whether the operation ended ok."""
    return op.outcome is Outcome.OK


def _share(good: Callable[[Op], bool], ops: Sequence[Op], limit: Condition) -> Seen:
    """A share. Below SAMPLES_MIN it can only be broken: where its whole 95 % interval breaks the
    limit."""
    n, count = len(ops), sum(good(op) for op in ops)
    value = count / n if n else 0.0
    if n < SAMPLES_MIN and not (n and _surely_broken(limit, count, n)):
        return Seen(n, None, why=_too_few(n, "operations"))
    return Seen(n, limit.holds(value), round(value, 6), limit.show(value))


def _surely_broken(limit: Condition, count: int, n: int) -> bool:
    """Whether no share of the exact 95 % interval meets the limit; its ends tell, and `==`."""
    low, high = clopper_pearson(count, n)
    inside = limit.symbol == "==" and low <= limit.limit <= high
    return not (inside or limit.holds(low) or limit.holds(high))


def _latency(share: float, ops: Sequence[Op], limit: Condition) -> Seen:
    """A quantile of the time from the intended start to the answer, of operations that ended ok."""
    took = [op.latency_s for op in ops if is_ok(op) and op.latency_s is not None]
    if len(took) < SAMPLES_MIN:
        return Seen(len(took), None, why=_too_few(len(took), f"good of {len(ops)} operations"))
    value = quantile(took, share)
    return Seen(len(took), limit.holds(value), round(value, 6), limit.show(value))


def _failed_latency(share: float, ops: Sequence[Op], limit: Condition) -> Seen:
    """A quantile of the time until somebody learnt of a failure; one that was never told is
    infinite."""
    if len(ops) < SAMPLES_MIN:
        return Seen(len(ops), None, why=_too_few(len(ops), "operations"))
    failed = [op.latency_s for op in ops if not served(op)]
    if not failed:
        return Seen(len(ops), True, shown="none failed")
    value = quantile([float("inf") if one is None else one for one in failed], share)
    if value == float("inf"):
        return Seen(len(failed), limit.holds(value), shown=NEVER)
    return Seen(len(failed), limit.holds(value), round(value, 6), limit.show(value))


def _too_few(n: int, what: str) -> str:
    return f"{n} {what}, {SAMPLES_MIN} needed"


def _quantiles(prefix: str, judge: Callable[..., Seen], of: str) -> dict[str, Measure]:
    return {
        f"{prefix}_p{percent}": Measure(
            Quantity.TIME, partial(judge, percent / 100), f"{percent} % of {of} within this time"
        )
        for percent in (50, 95, 99)
    }


MEASURES: Mapping[str, Measure] = {
    "ok_ratio": Measure(
        Quantity.RATIO, partial(_share, is_ok), "share of operations that ended ok"
    ),
    "served_ratio": Measure(
        Quantity.RATIO,
        partial(_share, served),
        "share that ended ok or in a refusal of the borrower's own mistake (4xx, not 429)",
    ),
    **_quantiles("latency", _latency, "good operations were answered"),
    **_quantiles("failed_latency", _failed_latency, "failed operations were told so"),
}
GOOD: Mapping[str, Callable[[Op], bool]] = {"ok_ratio": is_ok, "served_ratio": served}
"""Of each measure that is a share: which operations count as good."""
