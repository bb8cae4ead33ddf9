"""How much of a quota is left is the funder's affair."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.policy import Called
from lending_service.upstreams import FundingProvider


def nothing(self: FundingProvider, funder: str, called: Called) -> None:
    """What a funder says of its quota is not listened to."""


DEFECT = Defect(
    name="quota_counted_by_the_funder",
    about="Nobody counts what is set aside at a funder, which takes more than it has.",
    expects=("funding_within_quota",),
    swaps=(Swap(FundingProvider, "_learn", nothing),),
    first="x34_last_of_a_quota",
)
