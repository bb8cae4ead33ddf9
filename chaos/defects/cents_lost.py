"""What does not divide is forgotten."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service import payouts
from lending_service.domain import MONTH_S, DueItem


def equal_parts(principal_minor: int, months: int, now_s: float) -> tuple[DueItem, ...]:
    """Due items without the cents that are left over."""
    part = principal_minor // months
    return tuple(DueItem(due_s=now_s + MONTH_S * (i + 1), amount_minor=part) for i in range(months))


DEFECT = Defect(
    name="cents_lost",
    about="The due items of a loan do not add up to its principal.",
    expects=("loans_add_up",),
    swaps=(Swap(payouts, "instalments", equal_parts),),
)
