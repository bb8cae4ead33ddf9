"""A quota is noticed once it is gone."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.quotas import Quotas


def never(self: Quotas, funder: str) -> bool:
    """There is enough until there is nothing."""
    return False


DEFECT = Defect(
    name="quota_never_low",
    about="Nobody is warned of a quota that runs out; everything stops at once when it is gone.",
    expects=("quota_warned_early",),
    swaps=(Swap(Quotas, "low", never),),
    first="x33_quota_of_the_day_gone",
)
