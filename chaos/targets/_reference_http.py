"""The reference service's operations as HTTP requests, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from harness.model import Outcome
from harness.target import Answer, Call, Completion, Request

OPERATIONS = ("submit", "application", "read_loan", "read_limit", "repay", "repayment", "status")
# Refusals that are the borrower's own doing; everything else is the service's.
BUSINESS_CODES = (
    "invalid",
    "already",
    "no_such",
    "no_json",
    "bad_body",
    "not_found",
    "key_",
    "loan_not_active",
    "more_than_owed",
)
# What `openapi.yaml` has each refusal come with.
REFUSAL_STATUSES = {
    "not_found": 404,
    "no_such_loan": 404,
    "no_such_page": 404,
    "key_reused": 409,
    "loan_not_active": 409,
    "more_than_owed": 422,
    "bad_body": 422,
    "key_missing": 400,
    "no_json": 400,
    "records_unavailable": 503,
    "outcome_unknown": 503,
    "limit_unknown": 503,
    "not_done": 503,
    "overloaded": 503,
}
ERROR_FIELDS = frozenset({"code", "message", "retryable", "retry_after_s", "reference"})
OUTCOME_UNKNOWN = "outcome_unknown"  # the service says itself: it may have happened
BORROWER_WAITS_S = 5.0  # chosen, not measured: then the borrower gives this request up
EPOCH = re.compile("[0-9]{1,18}")
# The kinds of what borrowers go on by, as `openapi.yaml` has them.
NUMBER = (int, float)
KINDS: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("repayment_id", "status", "code"), str),
    **dict.fromkeys(("available_minor", "outstanding_minor"), int),
    **dict.fromkeys(("application_id", "loan_id", "message"), (str, type(None))),
    "retry_after_s": (*NUMBER, type(None)),
    "schedule": list,
}
_READS = {
    "application": "/v1/applications/{}",
    "read_loan": "/v1/loans/{}",
    "read_limit": "/v1/borrowers/{}/limit",
    "repayment": "/v1/repayments/{}",
    "status": "/v1/status",  # of staff: how the whole service stands
    "mode_changes": "/v1/modes",
}


def request(call: Call) -> Request:
    """How an operation is asked for.

    Raises:
        KeyError: an operation that the service does not have.
    """
    if call.f == "submit":
        return _write("/v1/applications", call)
    if call.f == "repay":
        return _write(f"/v1/loans/{quote(str(call.args['loan_id']), safe='')}/repayments", call)
    return Request("GET", _READS[call.f].format(quote(call.k, safe="")), timeout_s=BORROWER_WAITS_S)


def _write(path: str, call: Call) -> Request:
    body = {name: value for name, value in call.args.items() if name != "loan_id"}
    headers = {"Idempotency-Key": call.k}
    return Request("POST", path, headers=headers, body=body, timeout_s=BORROWER_WAITS_S)


def classify(answer: Answer) -> Completion:
    """What is known after an answer.

    A 5xx is a definite "no" only when it explains itself in full and does not say that it does not
    know either. A 2xx without a body confirms nothing, nor does one with a field of another kind
    than it is declared to be; nobody goes on by such a field.
    """
    body, status = {k: v for k, v in answer.body.items() if _is_as_declared(k, v)}, answer.status
    explained = body.keys() >= ERROR_FIELDS
    value = {**body, "http_status": status, "explained": explained}
    if status is None:
        outcome = Outcome.FAIL if answer.error == "refused" else Outcome.INFO
        return Completion(outcome, answer.error or "protocol", value)
    if 200 <= status < 300:
        if body and len(body) == len(answer.body):
            return Completion(Outcome.OK, "", {**body, **_writer(answer), "http_status": status})
        return Completion(Outcome.INFO, "protocol", value)
    err = str(body.get("code") or f"http_{status}")
    definite = 400 <= status < 500 or (status >= 500 and explained and err != OUTCOME_UNKNOWN)
    return Completion(Outcome.FAIL if definite else Outcome.INFO, err, value)


def _is_as_declared(name: str, value: object) -> bool:
    if name == "schedule" and isinstance(value, list):
        return all(isinstance(item, Mapping) and _is_due(item) for item in value)
    return name not in KINDS or isinstance(value, KINDS[name])


def _is_due(item: Mapping[str, object]) -> bool:
    return all(isinstance(item.get(name, 0), int) for name in ("amount_minor", "paid_minor"))


def _writer(answer: Answer) -> dict[str, object]:
    """Which instance took a write, and under which epoch, where there are several."""
    name, _, epoch = answer.headers.get("writer", "").partition("/")
    return {"writer": name, "epoch": int(epoch)} if EPOCH.fullmatch(epoch) else {}
