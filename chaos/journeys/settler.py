"""Somebody who settles an older loan early, and on the way pays too much and the wrong loan."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.journeys._borrow import book_borrower
from chaos.journeys._steps import ask, insist, look_until
from harness.model import Outcome
from harness.rng import Dice
from harness.target import Call, Journey

# The figures of this block are chosen, not measured.
AWAY = 200  # so far from the repayers, who count from the same number
TOO_MUCH_MINOR, MORE_MINOR = 100, 700
LOOK_GAPS_S = (0.3, 0.5, 0.8, 1.2)


@dataclass(frozen=True)
class Settler:
    """Pays a part, then the rest; what is owed by nobody must be refused."""

    name: str = "settler"

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of borrower `number`."""
        loan_id = f"loan-{book_borrower(number + AWAY)}"
        loan = yield from ask(Call("read_loan", loan_id))
        owed = loan.value.get("outstanding_minor")
        if loan.outcome is not Outcome.OK or not isinstance(owed, int) or owed < MORE_MINOR * 2:
            return
        wrong = {"loan_id": f"loan-none-{number}", "amount_minor": owed}
        yield from ask(Call("repay", f"none-{number}", wrong))
        much = {"loan_id": loan_id, "amount_minor": owed + TOO_MUCH_MINOR}
        yield from ask(Call("repay", f"much-{number}", much))
        first = owed // 2 + MORE_MINOR  # ends in the middle of an item
        for name, amount in (("part", first), ("rest", owed - first)):
            order = {"loan_id": loan_id, "amount_minor": amount}
            repaid = yield from insist(Call("repay", f"{name}-{number}", order))
            repayment_id = repaid.value.get("repayment_id")
            if repaid.outcome is not Outcome.OK or not repayment_id:
                return
            read = Call("repayment", repayment_id)
            yield from look_until(read, {"credited", "failed"}, LOOK_GAPS_S)
            yield from ask(Call("read_loan", loan_id))
        again = {"loan_id": loan_id, "amount_minor": MORE_MINOR}
        yield from ask(Call("repay", f"again-{number}", again))


JOURNEY = Settler()
