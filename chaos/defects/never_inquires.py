"""Nobody asks what became of a payment without a reply."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.money import Money


async def leave_it(self: Money, payment_id: str) -> float | None:
    """A callback will tell."""
    return None


DEFECT = Defect(
    name="never_inquires",
    about="An unknown payment waits for a callback that may never come.",
    expects=("active_means_paid", "every_application_answered"),
    swaps=(Swap(Money, "inquire", leave_it),),
)
