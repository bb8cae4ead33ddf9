"""Somebody who watches for as long as it takes, and comes back long after the end."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.journeys._borrow import Borrowing, some_borrower
from chaos.journeys._steps import ask, insist, look_until
from chaos.lending import PAID_OUT, TERMINAL
from harness.model import Outcome
from harness.rng import Dice
from harness.target import Call, Journey, Wait

# The figures of this block are chosen, not measured.
WANTED = Borrowing("consumer", low_minor=50_000, high_minor=200_000, terms_months=(3, 6))
LOOK_GAPS_S = (0.2, 0.4, 0.8, 1.6, 3.0, *[4.0] * 13)  # 58 s in all: every state lasts as long
BACK_AFTER_S = 40.0  # longer than any task of the service waits


@dataclass(frozen=True)
class Watcher:
    """Applies and looks until it has ended; much later the same key again, and all that came of
    it."""

    name: str = "watcher"

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of borrower `number`."""
        borrower = some_borrower(number, dice)
        limit = yield from ask(Call("read_limit", borrower))
        request = Call("submit", f"watch-{number}", WANTED.application(borrower, limit, dice))
        taken = yield from insist(request)
        application_id = str(taken.value.get("application_id") or "")
        if taken.outcome is not Outcome.OK or not application_id:
            return
        yield from look_until(Call("application", application_id), TERMINAL, LOOK_GAPS_S)
        yield Wait(BACK_AFTER_S)
        yield from ask(request)
        seen = yield from ask(Call("application", application_id))
        if seen.value.get("status") in PAID_OUT:
            yield from ask(Call("read_loan", str(seen.value.get("loan_id"))))
        yield from ask(Call("read_limit", borrower))


JOURNEY = Watcher()
