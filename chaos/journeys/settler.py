"""Somebody who settles an older loan early, and on the way pays too much and the wrong loan."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.journeys._borrow import book_borrower
from chaos.journeys._steps import Steps, ask, insist, look_until
from harness.model import Outcome
from harness.rng import Dice
from harness.target import Call, Completion, Journey, Together

# The figures of this block are chosen, not measured.
AWAY = 200  # so far from the repayers, who count from the same number
OTHER = AWAY + 50  # a loan that nobody else pays meanwhile
TOO_MUCH_MINOR, MORE_MINOR = 100, 700
LOOK_GAPS_S = (0.3, 0.5, 0.8, 1.2)
ENDS = frozenset({"credited", "failed"})


@dataclass(frozen=True)
class Settler:
    """Pays a part, nearly all that is left, and the rest twice at once; what nobody owes must be
    refused, and so must the key of a part for somebody else's loan."""

    name: str = "settler"

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of borrower `number`."""
        loan_id = f"loan-{book_borrower(number + AWAY)}"
        loan = yield from ask(Call("read_loan", loan_id))
        owed = loan.value.get("outstanding_minor")
        if loan.outcome is not Outcome.OK or not isinstance(owed, int) or owed < MORE_MINOR * 4:
            return
        wrong = {"loan_id": f"loan-none-{number}", "amount_minor": owed}
        yield from ask(Call("repay", f"none-{number}", wrong))
        much = {"loan_id": loan_id, "amount_minor": owed + TOO_MUCH_MINOR}
        yield from ask(Call("repay", f"much-{number}", much))
        other_loan_id = f"loan-{book_borrower(number + OTHER)}"
        first = owed // 2 + MORE_MINOR  # ends in the middle of an item
        left = first
        for name in ("part", "more"):
            repaid = yield from insist(_order(f"{name}-{number}", loan_id, left))
            yield from ask(_order(f"{name}-{number}", other_loan_id, left))
            ended = yield from _watched(repaid)
            loan = yield from ask(Call("read_loan", loan_id))
            owed = loan.value.get("outstanding_minor")
            if ended.value.get("status") not in ENDS or loan.outcome is not Outcome.OK:
                return
            if not isinstance(owed, int):
                return
            left = owed - MORE_MINOR
        left += MORE_MINOR
        both = yield Together(
            tuple(_order(f"{name}-{number}", loan_id, left) for name in ("rest", "also"))
        )
        for one in both:
            yield from _watched(one)
        yield from ask(Call("read_loan", loan_id))
        again = {"loan_id": loan_id, "amount_minor": MORE_MINOR}
        yield from ask(Call("repay", f"again-{number}", again))


def _order(key: str, loan_id: str, amount_minor: int) -> Call:
    return Call("repay", key, {"loan_id": loan_id, "amount_minor": amount_minor})


def _watched(repaid: Completion) -> Steps:
    """Look at what becomes of a repayment that was taken in; itself where it was not."""
    repayment_id = repaid.value.get("repayment_id")
    if repaid.outcome is not Outcome.OK or not repayment_id:
        return repaid
    return (yield from look_until(Call("repayment", str(repayment_id)), ENDS, LOOK_GAPS_S))


JOURNEY = Settler()
