"""How the reference service answers when all is well: what a journey can expect."""

from __future__ import annotations

from collections.abc import Mapping

from harness.model import Outcome
from harness.target import Call, Completion

ITEM = {"amount_minor": 200_000, "paid_minor": 0}
WELL: Mapping[str, Mapping[str, object]] = {
    "read_limit": {"available_minor": 1_000_000},
    "submit": {"application_id": "app-1"},
    "application": {"status": "active", "loan_id": "loan-1"},
    "read_loan": {"status": "active", "schedule": (ITEM,)},
    "repay": {"repayment_id": "rep-1"},
    "repayment": {"status": "credited"},
    "status": {"operations": {}},
}


def usual(call: Call) -> Completion:
    """The answer to an operation."""
    return Completion(Outcome.OK, "", {**WELL.get(call.f, {}), "http_status": 200})
