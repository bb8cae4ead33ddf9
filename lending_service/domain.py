"""What the service keeps, and which change of state is legal. Pure; amounts are minor units.

    acknowledged -> scoring -> declined
                       |
                    approved -> reserving -> reserved -> paying -> active
                                                          |  ^
              queued_degraded (resumes where it left)     v  |
                                     payment_unknown -> payment_failed -> reversing -> reversed

`queued_degraded` and `manual` can be entered where a third party is needed, `suspended_by_policy`
where no payment has been begun. Declined, reversed, active and settled are terminal.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

MONTH_S = 30 * 86_400.0  # a due month on the run clock; chosen, not measured


class AppState(StrEnum):
    """The states of an application, as a borrower sees them."""

    ACKNOWLEDGED = "acknowledged"
    SCORING = "scoring"
    APPROVED = "approved"
    RESERVING = "reserving"
    RESERVED = "reserved"
    PAYING = "paying"
    PAYMENT_UNKNOWN = "payment_unknown"
    PAYMENT_FAILED = "payment_failed"
    REVERSING = "reversing"
    REVERSED = "reversed"
    DECLINED = "declined"
    ACTIVE = "active"
    SETTLED = "settled"
    QUEUED = "queued_degraded"
    SUSPENDED = "suspended_by_policy"
    MANUAL = "manual"


S = AppState
TERMINAL = (S.DECLINED, S.REVERSED, S.ACTIVE, S.SETTLED)
APPLICATION_MOVES: dict[AppState, tuple[AppState, ...]] = {
    S.ACKNOWLEDGED: (S.SCORING, S.SUSPENDED),
    S.SCORING: (S.APPROVED, S.DECLINED, S.QUEUED, S.SUSPENDED),
    S.APPROVED: (S.RESERVING, S.SUSPENDED),
    S.RESERVING: (S.RESERVED, S.QUEUED, S.REVERSING, S.SUSPENDED),
    S.RESERVED: (S.PAYING, S.SUSPENDED),
    S.PAYING: (S.ACTIVE, S.PAYMENT_UNKNOWN, S.PAYMENT_FAILED, S.QUEUED),
    S.PAYMENT_UNKNOWN: (S.ACTIVE, S.PAYMENT_FAILED, S.MANUAL),
    S.PAYMENT_FAILED: (S.PAYING, S.REVERSING, S.QUEUED, S.SUSPENDED),
    S.REVERSING: (S.REVERSED,),
    S.QUEUED: (S.SCORING, S.RESERVING, S.PAYING, S.DECLINED, S.REVERSING, S.SUSPENDED),
    S.SUSPENDED: (S.SCORING, S.RESERVING, S.PAYING, S.DECLINED, S.REVERSING, S.QUEUED),
    S.MANUAL: (S.ACTIVE, S.PAYMENT_FAILED),
    **dict.fromkeys(TERMINAL, ()),
}
LOAN_MOVES: dict[str, tuple[str, ...]] = {
    "pending": ("active",),
    "active": ("settled",),
    "settled": (),
}
REPAYMENT_MOVES: dict[str, tuple[str, ...]] = {
    "accepted": ("queued", "credited", "failed"),
    "queued": ("credited", "failed"),
    "credited": (),
    "failed": (),
}


class IllegalTransition(Exception):
    """A change of state that the domain does not allow: a defect, never a business outcome."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Anything the store keeps under its type and `id`."""

    id: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Who said yes, on how old a score, and whether the model has looked since."""

    by: Literal["model", "stand_in"]
    score_age_days: float
    rescored: bool = False


class Application(Record, frozen=True, kw_only=True):
    """A borrower's request for money and how far it is. Times are seconds on the run clock."""

    borrower: str
    segment: str
    region: str
    amount_minor: int
    term_months: int
    state: AppState
    created_s: float
    updated_s: float
    reason_code: str | None = None
    message: str | None = None
    next_update_by_s: float | None = None
    decision: Decision | None = None
    loan_id: str | None = None
    reservation_id: str | None = None
    resume: AppState | None = None


class DueItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a schedule."""

    due_s: float
    amount_minor: int
    paid_minor: int = 0


class Loan(Record, frozen=True, kw_only=True):
    """A loan; `promised_minor` is what accepted repayments will bring but have not yet brought."""

    application_id: str | None
    borrower: str
    status: Literal["pending", "active", "settled"]
    principal_minor: int
    outstanding_minor: int
    schedule: tuple[DueItem, ...]
    penalties_minor: int = 0
    promised_minor: int = 0


class Repayment(Record, frozen=True, kw_only=True):
    """A borrower's repayment, effective from the second at which it was taken in."""

    loan_id: str
    borrower: str
    amount_minor: int
    status: Literal["accepted", "queued", "credited", "failed"]
    effective_at_s: float


PaymentStatus = Literal["unknown", "success", "failed", "refused", "late_success"]
PaymentKind = Literal["payout", "debit"]
Held = Literal["unknown", "reserved", "refused", "released", "withdrawn", "committed"]


class Movement(Record, frozen=True, kw_only=True):
    """Money that somebody else moves under our request id, `id`; `settled_s`: when, as they say."""

    amount_minor: int
    settled_s: float | None = None


class Payment(Movement, frozen=True, kw_only=True):
    """One external money call, written down before it is made; `id` is its request id.

    `owner` is the application or repayment it belongs to, `reference` the business key that the
    gateway sees, `party` the payee or payer.
    """

    kind: PaymentKind
    owner: str
    reference: str
    gateway: str
    party: str
    created_s: float
    status: PaymentStatus = "unknown"
    attempts: int = 0
    inquiries: int = 0
    not_found: int = 0


class Reservation(Movement, frozen=True, kw_only=True):
    """Money asked of one funder for one application; `id` is its request id."""

    application_id: str
    funder: str
    status: Held = "unknown"


class Borrower(Record, frozen=True, kw_only=True):
    """What is known of a borrower, and since when."""

    existing: bool = False
    limit_minor: int | None = None
    limit_as_of_s: float = 0.0
    score: int | None = None
    score_as_of_s: float = 0.0


class Exposure(Record, frozen=True, kw_only=True):
    """What stand-in decisions have put at risk: `global`, or `user/<borrower>`."""

    count: int = 0
    amount_minor: int = 0


class PoolAccount(Record, frozen=True, kw_only=True):
    """How much of the lender's own reserve is drawn, minor units."""

    drawn_minor: int = 0


class KeyRecord(Record, frozen=True, kw_only=True):
    """The first reply given under an idempotency key."""

    fingerprint: str
    status: int
    body: str


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the outbox: do `kind` for `key`, not before `due_s`."""

    id: int
    kind: str
    key: str
    due_s: float
    attempts: int = 0


def _check(what: str, id_: str, old: str, new: str, allowed: tuple[str, ...]) -> None:
    if new not in allowed:
        raise IllegalTransition(
            f"{what} {id_}: {old} -> {new} is not legal; from {old}: "
            f"{', '.join(allowed) or 'nothing, it is terminal'}"
        )


def advance(
    app: Application, state: AppState, now_s: float, *, resume: AppState | None = None
) -> Application:
    """The application in its next state.

    Raises:
        IllegalTransition: when the table does not allow it.
    """
    _check("application", app.id, app.state, state, APPLICATION_MOVES[app.state])
    return msgspec.structs.replace(app, state=state, updated_s=now_s, resume=resume)


def activate(loan: Loan) -> Loan:
    """The loan once it has been paid out."""
    _check("loan", loan.id, loan.status, "active", LOAN_MOVES[loan.status])
    return msgspec.structs.replace(loan, status="active")


def move_repayment(
    repayment: Repayment, status: Literal["queued", "credited", "failed"]
) -> Repayment:
    """The repayment in its next status; staying queued is no move."""
    if repayment.status == status == "queued":
        return repayment
    _check("repayment", repayment.id, repayment.status, status, REPAYMENT_MOVES[repayment.status])
    return msgspec.structs.replace(repayment, status=status)


def promise(loan: Loan, amount_minor: int) -> Loan:
    """The loan with `amount_minor` more (or, negative, less) promised by repayments under way."""
    return msgspec.structs.replace(loan, promised_minor=loan.promised_minor + amount_minor)


def credit(loan: Loan, amount_minor: int) -> Loan:
    """The loan after a promised repayment has arrived: oldest due item first.

    Raises:
        IllegalTransition: more than is outstanding.
    """
    if not 0 < amount_minor <= loan.outstanding_minor:
        raise IllegalTransition(
            f"loan {loan.id}: credit of {amount_minor}, need 1..{loan.outstanding_minor}"
        )
    left, items = amount_minor, []
    for item in loan.schedule:
        part = min(left, item.amount_minor - item.paid_minor)
        items.append(msgspec.structs.replace(item, paid_minor=item.paid_minor + part))
        left -= part
    outstanding = loan.outstanding_minor - amount_minor
    if outstanding == 0:
        _check("loan", loan.id, loan.status, "settled", LOAN_MOVES[loan.status])
    return msgspec.structs.replace(
        loan,
        outstanding_minor=outstanding,
        schedule=tuple(items),
        promised_minor=loan.promised_minor - amount_minor,
        status="settled" if outstanding == 0 else loan.status,
    )


def instalments(principal_minor: int, months: int, now_s: float) -> tuple[DueItem, ...]:
    """Equal due items, a month apart; the cents that do not divide fall on the last."""
    part = principal_minor // months
    amounts = [part] * (months - 1) + [principal_minor - part * (months - 1)]
    return tuple(
        DueItem(due_s=now_s + MONTH_S * (i + 1), amount_minor=a) for i, a in enumerate(amounts)
    )
