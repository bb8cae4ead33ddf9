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
    """Three visits; in each a look at the limit, an application, a look at an older loan. One in
    three comes for the first time, and is known from then on."""

    name: str = "regular"

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of borrower `number`."""
        known = bool(number % 3)
        borrower = book_borrower(number) if known else f"n-regular-{number}"
        for visit in range(VISITS):
            if visit:
                yield Wait(EVERY_S)
            yield from WANTED.apply(borrower, f"visit-{visit}-{number}", dice)
            if known:
                yield from ask(Call("read_loan", f"loan-{borrower}"))


JOURNEY = Regular()
