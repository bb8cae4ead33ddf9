"""What the reference service declares, and checkers hold it to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chaos.lending import BOOK_SIZE, TERMINAL
from chaos.targets import _reference_http as http

FUNDING_QUOTA_MINOR = 2_000_000_000  # chosen, not measured: no run reaches it


def contract(funders: Sequence[str]) -> Mapping[str, Any]:
    """What the service declares; the amounts are those of the design `hardened`.

    Args:
        funders: their names.
    """
    return {
        "operations": http.OPERATIONS,
        "terminal": sorted(TERMINAL),
        "repay_ack_s": 2.0,
        "currency": "CNY",
        "book": {"prefix": "b-", "limit_minor": 1_500_000, "score_days": 3},
        "stand_in_limit_minor": 200_000,
        "refusal_statuses": http.REFUSAL_STATUSES,
        "business_codes": http.BUSINESS_CODES,
        "funding_quota_minor": dict.fromkeys(funders, FUNDING_QUOTA_MINOR),
        "people": {"after_s": 15.0, "within_s": 40.0},
        "breaker": {
            "failures": 5,
            "open_s": 2.0,
            "probes": 2,
            "call_timeout_s": 1.0,
            "retry_after_max_s": 10.0,
        },
        "retries": {
            "base_s": 0.05,
            "jitter": 0.5,
            "tries_max": 3,
            "saved": 10,
        },
        # What is worked on at once; a payment also when it is asked about and sent again.
        "calls_at_once": {"create_payout": 12, "create_debit": 12, "commit": 4, "send": 1},
        "mode_lingers_s": 2.0,
        "mode_changes": {"most": 6, "within_s": 600.0, "kept_within_s": 1.0},
        "page_told_within_s": 5.0,
        "shed": {"after_s": 4.0, "least_s": 0.5, "within_s": 3.0},
        "policy": {"effective_within_s": 5.0, "unknown_after_s": 10.0},
        "pool": {"size_minor": 8_000_000, "draw_minor_max": 500_000, "drawn_within_s": 6.0},
        "quota_warning": {"from": 0.8},
        "files": {"period_s": 5.0, "late_after_s": 3.0, "found_within_s": 3.0},
        "spread": {"from_minor": 12_000_000, "funder": 0.6},
        "deadlines": {"payroll": {"within_s": 12.0, "elsewhere_s": 4.0}},
        "stand_in": {
            "existing_prefix": "b-",
            "amount_minor_max": 1_000_000,
            "user_count_max": 1,
            "user_amount_minor_max": 1_000_000,
            "global_count_max": 20,
            "global_amount_minor_max": 10_000_000,
            "rescore_within_s": 10.0,
            "score_age_days_max": 30,
            "score_min": 600,
            "not_for": [f"b-{i:04d}" for i in range(4, BOOK_SIZE + 1, 4)],  # low scores, old ones
        },
    }
