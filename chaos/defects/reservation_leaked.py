"""What was set aside is never given back."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.domain import Application
from lending_service.reserving import Reserving


async def nothing_held(self: Reserving, app: Application) -> bool:
    """Nothing to release, they say."""
    return True


DEFECT = Defect(
    name="reservation_leaked",
    about="A payout that failed leaves its reservation at the funder.",
    expects=("funding_within_quota",),
    swaps=(Swap(Reserving, "release_all", nothing_held),),
)
