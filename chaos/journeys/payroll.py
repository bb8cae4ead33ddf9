"""A small business on the day it pays wages: the money by a deadline, or a word early enough."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.journeys._borrow import Borrowing, some_borrower
from chaos.journeys._steps import look_until
from chaos.lending import TERMINAL
from harness.rng import Dice
from harness.target import Call, Journey

# The figures of this block are chosen, not measured.
WANTED = Borrowing("sme", low_minor=200_000, high_minor=900_000, terms_months=(6, 12))
LOOK_GAPS_S = (0.3, 0.5, 0.8, 1.2, 1.5, 1.5, 1.2)  # 7 s in all: then it has to look elsewhere


@dataclass(frozen=True)
class Payroll:
    """Applies, and watches for as long as there is time to find the wages elsewhere."""

    name: str = "payroll"

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of borrower `number`."""
        borrower = some_borrower(number, dice)
        application_id = yield from WANTED.apply(borrower, f"wages-{number}", dice)
        if application_id:
            yield from look_until(Call("application", application_id), TERMINAL, LOOK_GAPS_S)


JOURNEY = Payroll()
