"""Decisions without the risk engine know no bounds."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="stand_in_without_caps",
    about="Stand-in decisions have no cap on count or amount, for one borrower or for all.",
    expects=("stand_in_within_caps",),
    design={
        "stand_in": {
            "amount_minor_max": 10**13,
            "user_count_max": 10**6,
            "user_amount_minor_max": 10**13,
            "global_count_max": 10**6,
            "global_amount_minor_max": 10**13,
            "score_min": 600,
            "score_age_days_max": 30,
            "rescore_within_s": 10.0,
        }
    },
)
