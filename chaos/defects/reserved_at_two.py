"""A reservation without a reply is made at the next funder too."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.domain import Reservation
from lending_service.upstreams import FundingProvider, ReserveResult

reserve = FundingProvider.reserve


async def unknown_is_refused(self: FundingProvider, asked: Reservation) -> ReserveResult:
    """Whatever brought no reply was not reserved."""
    result = await reserve(self, asked)
    return "refused" if result == "unknown" else result


DEFECT = Defect(
    name="reserved_at_two",
    about="A reservation whose result is unknown is made again at the next funder.",
    expects=("funding_within_quota",),
    swaps=(Swap(FundingProvider, "reserve", unknown_is_refused),),
)
