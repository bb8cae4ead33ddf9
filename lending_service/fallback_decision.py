"""A decision without the risk engine: for known good customers, under caps."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from lending_service.defences import StandInCaps
from lending_service.domain import Borrower, Exposure

DAY_S = 86_400.0


class StandInVerdict(msgspec.Struct, frozen=True):
    """Whether to approve; if not, which cap spoke against it."""

    approve: bool
    reason: str
    score_age_days: float


def decide(
    caps: StandInCaps,
    borrower: Borrower | None,
    amount_minor: int,
    user: Exposure,
    everybody: Exposure,
    now_s: float,
) -> StandInVerdict:
    """Approve only inside every cap.

    Args:
        borrower: what is known, or None for somebody new.
        user: what stand-in decisions have already given this borrower.
        everybody: and all borrowers together.
        now_s: the instant, seconds on the run clock.
    """
    if borrower is None or not borrower.existing or borrower.score is None:
        return StandInVerdict(False, "new_customer", 0.0)
    age_days = (now_s - borrower.score_as_of_s) / DAY_S
    checks = (
        ("score_low", borrower.score >= caps.score_min),
        ("score_old", age_days <= caps.score_age_days_max),
        ("amount_cap", amount_minor <= caps.amount_minor_max),
        ("user_count_cap", user.count < caps.user_count_max),
        ("user_amount_cap", user.amount_minor + amount_minor <= caps.user_amount_minor_max),
        ("global_count_cap", everybody.count < caps.global_count_max),
        (
            "global_amount_cap",
            everybody.amount_minor + amount_minor <= caps.global_amount_minor_max,
        ),
    )
    against = [reason for reason, inside in checks if not inside]
    return StandInVerdict(not against, against[0] if against else "inside_caps", age_days)


def expose(exposure: Exposure, amount_minor: int) -> Exposure:
    """The exposure with one more decision."""
    return replace(
        exposure, count=exposure.count + 1, amount_minor=exposure.amount_minor + amount_minor
    )
