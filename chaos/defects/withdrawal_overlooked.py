"""Whatever a funder answers to a commit, it is taken for done."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.domain import Reservation
from lending_service.upstreams import CloseResult, FundingProvider

_close = FundingProvider.close


async def done(self: FundingProvider, held: Reservation, how: str) -> CloseResult:
    """A commit that was refused is one, they say."""
    closed = await _close(self, held, how)  # type: ignore[arg-type]  # one of the two words
    return "done" if closed == "wrong" else closed


DEFECT = Defect(
    name="withdrawal_overlooked",
    about="A funder that steps back after the payout is not missed.",
    expects=("funding_within_quota",),
    swaps=(Swap(FundingProvider, "close", done),),
    first="x37_funder_withdraws",
)
