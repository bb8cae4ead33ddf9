"""Nobody asks what became of a payment without a reply."""

from __future__ import annotations

from unittest.mock import patch

from harness.explore.defects import Defect
from lending_service.money import Money


async def leave_it(self: Money, payment_id: str) -> float | None:
    """A callback will tell."""
    return None


DEFECT = Defect(
    name="never_inquires",
    about="An unknown payment waits for a callback that may never come.",
    expects=("active_means_paid", "every_application_answered"),
    plant=lambda: patch.object(Money, "inquire", leave_it),
)
