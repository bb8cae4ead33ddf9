"""Somebody who comes back again and again: looks at the limit, applies, looks at the contract."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.journeys._borrow import Borrowing, book_borrower
from chaos.journeys._steps import ask, insist
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
            limit = yield from ask(Call("read_limit", borrower))
            wanted = WANTED.application(borrower, limit, dice)
            yield from insist(Call("submit", f"visit-{visit}-{number}", wanted))
            yield from ask(Call("read_loan", f"loan-{borrower}"))


JOURNEY = Regular()
