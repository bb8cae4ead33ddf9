"""What goes over the wire: request bodies, views of records, and the one error body."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from lending_service.domain import Application, Loan, Repayment
from lending_service.routes import Response

AMOUNT_MINOR_MAX = 1_000_000_000
Amount = Annotated[int, Meta(ge=1, le=AMOUNT_MINOR_MAX)]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
encode = msgspec.json.Encoder().encode


class Submit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a submission."""

    borrower: Name
    segment: Literal["consumer", "sme"]
    region: Name
    amount_minor: Amount
    term_months: Annotated[int, Meta(ge=1, le=60)]


class Repay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a repayment."""

    amount_minor: Amount


class Callback(msgspec.Struct, frozen=True):
    """What a gateway tells of its own accord."""

    gateway: str
    request_id: str
    kind: str
    reference: str
    amount_minor: int
    currency: str
    status: str
    settled_s: float | None = None


class Problem(Exception):
    """An answer that is not a success, with everything that the borrower needs to go on.

    Args:
        status: HTTP status.
        code: for programs.
        message: for people: what happened, and the next step.
        retry_after_s: when to come back, seconds; None when coming back does not help.
        reference: what to quote.
    """

    def __init__(
        self, status: int, code: str, message: str, retry_after_s: float | None, reference: str
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s
        self.reference = reference

    def response(self, errors: Literal["explained", "bare"]) -> Response:
        """On the wire; a bare service says no more than that it does not work."""
        if errors == "bare":
            bare = ("service_unavailable", "service unavailable")
            code, message = bare if self.status >= 500 else (self.code, self.message)
            return json_response({"code": code, "message": message}, self.status)
        return json_response(
            {
                "code": self.code,
                "message": self.message,
                "retryable": self.retry_after_s is not None,
                "retry_after_s": self.retry_after_s,
                "reference": self.reference,
            },
            self.status,
        )


def json_response(body: object, status: int = 200) -> Response:
    """`body` as JSON."""
    return Response(status, encode(body))


def submitted(app: Application) -> dict[str, object]:
    """The reply to a submission."""
    return {
        "application_id": app.id,
        "status": app.state.value,
        "message": app.message,
        "next_update_by_s": app.next_update_by_s,
    }


def application_view(app: Application) -> dict[str, object]:
    """An application as its borrower sees it."""
    return {
        **submitted(app),
        "reason_code": app.reason_code,
        "loan_id": app.loan_id,
        "amount_minor": app.amount_minor,
        "borrower": app.borrower,
        "decision": app.decision,
    }


def loan_view(loan: Loan, now_s: float) -> dict[str, object]:
    """A loan as its borrower sees it."""
    return {
        "loan_id": loan.id,
        "application_id": loan.application_id,
        "borrower": loan.borrower,
        "status": loan.status,
        "principal_minor": loan.principal_minor,
        "outstanding_minor": loan.outstanding_minor,
        "penalties_minor": loan.penalties_minor,
        "schedule": loan.schedule,
        "as_of_s": now_s,
        "source": "live",
    }


def accepted(repayment: Repayment) -> dict[str, object]:
    """The reply to a repayment."""
    return {
        "repayment_id": repayment.id,
        "status": repayment.status,
        "effective_at_s": repayment.effective_at_s,
    }


def repayment_view(repayment: Repayment) -> dict[str, object]:
    """A repayment as its borrower sees it."""
    return {
        **accepted(repayment),
        "loan_id": repayment.loan_id,
        "amount_minor": repayment.amount_minor,
    }
