"""Somebody with two requests at once, who comes back after the end: asks again, reads again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chaos.journeys._borrow import STEP_MINOR, repay_first_item, some_borrower
from chaos.journeys._steps import ask, look_until
from chaos.lending import PAID_OUT, REGIONS, TERMINAL
from harness.rng import Dice
from harness.target import Call, Journey, Together, Wait

# The figures of this block are chosen, not measured.
LOW_MINOR, HIGH_MINOR = 50_000, 200_000
TERMS_MONTHS = (1, 3, 7, 36)
BACK_AFTER_S = 4.0
LOOK_GAPS_S = (0.5, 1.0, 2.0, 3.0)


@dataclass(frozen=True)
class Returner:
    """Two applications at one instant; later the same keys again, and a look at all that ended."""

    name: str = "returner"

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of borrower `number`."""
        borrower = some_borrower(number, dice)
        yield from ask(Call("read_limit", borrower))
        requests = [
            Call("submit", f"{name}-{number}", _application(borrower, dice))
            for name in ("one", "two")
        ]
        replies = yield Together(tuple(requests))
        ids = [
            str(one.value["application_id"]) for one in replies if one.value.get("application_id")
        ]
        for application_id in ids:
            yield from look_until(Call("application", application_id), TERMINAL, LOOK_GAPS_S)
        yield Wait(BACK_AFTER_S)
        for request in requests:
            yield from ask(request)
        for at, application_id in enumerate(ids):
            seen = yield from ask(Call("application", application_id))
            if seen.value.get("status") in PAID_OUT and seen.value.get("loan_id"):
                loan_id = str(seen.value["loan_id"])
                yield from repay_first_item(loan_id, f"back-{at}-{number}")
                yield Wait(BACK_AFTER_S / 2)
                yield from ask(Call("read_loan", loan_id))
        yield from ask(Call("read_limit", borrower))


def _application(borrower: str, dice: Dice) -> dict[str, Any]:
    return {
        "borrower": borrower,
        "segment": "consumer",
        "region": dice.choice(REGIONS),
        "amount_minor": dice.randrange(LOW_MINOR, HIGH_MINOR + 1, STEP_MINOR) + 1,
        "term_months": dice.choice(TERMS_MONTHS),
    }


JOURNEY = Returner()
