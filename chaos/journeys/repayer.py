"""Somebody with an older loan who repays what is due, also when the loan cannot be shown."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.journeys._borrow import book_borrower
from chaos.journeys._steps import ask, insist, look_until, open_item_minor
from harness.model import Outcome
from harness.rng import Dice
from harness.target import Call, Journey

ITEM_MINOR = 200_000  # a due item of every loan in the book
ENDS = frozenset({"credited", "failed"})
LOOK_GAPS_S = (0.3, 0.5, 0.8, 1.2)  # chosen, not measured


@dataclass(frozen=True)
class Repayer:
    """Repays the next open item of a loan in the book; looks what is owed while it takes long."""

    name: str = "repayer"

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of borrower `number`, who shares a loan with nobody among the next 400."""
        loan_id = f"loan-{book_borrower(number)}"
        loan = yield from ask(Call("read_loan", loan_id))
        due_minor = open_item_minor(loan) if loan.outcome is Outcome.OK else ITEM_MINOR
        if due_minor is None:
            return
        order = {"loan_id": loan_id, "amount_minor": due_minor}
        repaid = yield from insist(Call("repay", f"rep-{number}", order))
        repayment_id = repaid.value.get("repayment_id")
        if repaid.outcome is Outcome.OK and repayment_id:
            read = Call("repayment", repayment_id)
            seen = yield from look_until(read, ENDS, LOOK_GAPS_S)
            if seen.value.get("status") not in ENDS:
                yield from ask(Call("read_loan", loan_id))


JOURNEY = Repayer()
