"""Somebody, or some program, that gets everything wrong before it gets it right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chaos.journeys._borrow import book_borrower, some_borrower
from chaos.journeys._steps import ask, insist, look_until
from chaos.lending import REGIONS, TERMINAL
from harness.model import Outcome
from harness.rng import Dice
from harness.target import Call, Journey

AWAY = 300  # so far from the repayers, who count from the same number
AMOUNT_MINOR = 60_000  # chosen, not measured
ON_ITS_WAY = frozenset({"paying", "payment_unknown"})
"""States in which there is a loan on which nothing is owed yet."""

WRONG: tuple[dict[str, Any], ...] = (
    {"amount_minor": 0},
    {"amount_minor": 1_000_000_001},
    {"term_months": 0},
    {"term_months": 61},
    {"segment": "nobody"},
)
"""What `openapi.yaml` does not allow of an application."""


@dataclass(frozen=True)
class Clumsy:
    """Applies with bodies that do not fit and without a key, repays nothing, asks for what is not
    there; then the first key with a body that fits, which nobody has used yet. Repays the loan
    while its payout is on its way."""

    name: str = "clumsy"

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of borrower `number`."""
        key, body = f"clumsy-{number}", _body(number, dice)
        for wrong in WRONG:
            yield from ask(Call("submit", key, {**body, **wrong}))
        yield from ask(Call("submit", "", body))
        for amount_minor in (0, -AMOUNT_MINOR):
            loan_id = f"loan-{book_borrower(number + AWAY)}"
            order = {"loan_id": loan_id, "amount_minor": amount_minor}
            yield from ask(Call("repay", f"nothing-{number}", order))
        for read in ("application", "read_loan", "repayment"):
            yield from ask(Call(read, f"none-{number}"))
        taken = yield from insist(Call("submit", key, body))
        application_id = taken.value.get("application_id")
        if taken.outcome is Outcome.OK and application_id:
            look = Call("application", str(application_id))
            seen = yield from look_until(look, TERMINAL | ON_ITS_WAY)
            if seen.value.get("status") in ON_ITS_WAY:
                early = {"loan_id": seen.value.get("loan_id"), "amount_minor": AMOUNT_MINOR}
                yield from ask(Call("repay", f"early-{number}", early))
                yield from look_until(look, TERMINAL)


def _body(number: int, dice: Dice) -> dict[str, Any]:
    return {
        "borrower": some_borrower(number, dice),
        "segment": "consumer",
        "region": dice.choice(REGIONS),
        "amount_minor": AMOUNT_MINOR,
        "term_months": 3,
    }


JOURNEY = Clumsy()
