"""Somebody who comes back again and again: looks at the limit, applies, looks at the contract."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.journeys._borrow import Borrowing, book_borrower
from chaos.journeys._steps import ask
from harness.rng import Dice
from harness.target import Call, Journey, Wait

# The figures of this block are chosen, not measured.
VISITS = 3
EVERY_S = 6.0
WANTED = Borrowing("consumer", low_minor=50_000, high_minor=100_000, terms_months=(3, 6))


@dataclass(frozen=True)
class Regular:
    """Three visits; in each a look at the limit, an application, a look at an older loan."""

    name: str = "regular"

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of borrower `number`."""
        borrower = book_borrower(number)
        for visit in range(VISITS):
            if visit:
                yield Wait(EVERY_S)
            yield from WANTED.apply(borrower, f"visit-{visit}-{number}", dice)
            yield from ask(Call("read_loan", f"loan-{borrower}"))


JOURNEY = Regular()
