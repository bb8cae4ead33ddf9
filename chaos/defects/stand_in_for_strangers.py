"""The stand-in decides for people whom nobody knows."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service import pipeline
from lending_service.defences import StandInCaps
from lending_service.domain import Borrower, Exposure
from lending_service.fallback_decision import StandInVerdict, decide


def everybody_is_known(
    caps: StandInCaps,
    borrower: Borrower | None,
    amount_minor: int,
    user: Exposure,
    everybody: Exposure,
    now_s: float,
) -> StandInVerdict:
    """A stranger is given a good score of today."""
    if borrower is None or not borrower.existing:
        borrower = Borrower(id="anybody", existing=True, score=1000, score_as_of_s=now_s)
    return decide(caps, borrower, amount_minor, user, everybody, now_s)


DEFECT = Defect(
    name="stand_in_for_strangers",
    about="New customers are approved without the risk engine.",
    expects=("stand_in_within_caps",),
    swaps=(Swap(pipeline, "decide", everybody_is_known),),
)
