"""The synthetic book: borrowers who were customers before the run, and their loans."""

from __future__ import annotations

from lending_service.domain import MONTH_S, Borrower, DueItem, Exposure, Loan, PoolAccount, Record
from lending_service.fallback_decision import DAY_S
from lending_service.reserve_pool import POOL

PRINCIPAL_MINOR, DUE_MINOR, DUE_ITEMS = 600_000, 200_000, 3
LIMIT_MINOR, LIMIT_AGE_DAYS = 1_500_000, 2.0  # chosen, not measured
SCORE, SCORE_AGE_DAYS = 720, 3.0  # a good score; chosen, not measured
LOW_SCORE, OLD_SCORE_AGE_DAYS = 540, 45.0  # of one borrower in eight each; chosen, not measured


def book(borrowers: int, now_s: float) -> list[Record]:
    """Borrowers `b-0001` … and loans `loan-b-0001` …, active since before the run.

    Args:
        borrowers: how many.
        now_s: the instant, seconds on the run clock; ages are counted from it.
    """
    # The exposure that orders all stand-in decisions, and the account of the reserve, exist before
    # the first of them: a row that does not exist cannot be locked.
    records: list[Record] = [Exposure(id="global"), PoolAccount(id=POOL)]
    for i in range(1, borrowers + 1):
        name = f"b-{i:04d}"
        records.append(_borrower(i, name, now_s))
        records.append(_loan(name, now_s))
    return records


def _borrower(i: int, name: str, now_s: float) -> Borrower:
    """Most have a good score; of the eighth it is low, of the fourth old, and so on."""
    age_days = OLD_SCORE_AGE_DAYS if i % 8 == 4 else SCORE_AGE_DAYS
    return Borrower(
        id=name,
        existing=True,
        limit_minor=LIMIT_MINOR,
        limit_as_of_s=now_s - LIMIT_AGE_DAYS * DAY_S,
        score=LOW_SCORE if i % 8 == 0 else SCORE,
        score_as_of_s=now_s - age_days * DAY_S,
    )


def _loan(name: str, now_s: float) -> Loan:
    return Loan(
        id=f"loan-{name}",
        application_id=None,
        borrower=name,
        status="active",
        principal_minor=PRINCIPAL_MINOR,
        outstanding_minor=PRINCIPAL_MINOR,
        schedule=tuple(
            DueItem(due_s=now_s + MONTH_S * k, amount_minor=DUE_MINOR)
            for k in range(1, DUE_ITEMS + 1)
        ),
    )
