"""Somebody who taps again and again, then changes the amount: one application must come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chaos.journeys._borrow import STEP_MINOR, some_borrower
from chaos.journeys._steps import ask, look_until
from chaos.lending import REGIONS, TERMINAL
from harness.rng import Dice
from harness.target import Call, Journey

# The figures of this block are chosen, not measured.
TAPS = 3
LOW_MINOR, HIGH_MINOR = 50_000, 200_000
TERMS_MONTHS = (3, 6)


@dataclass(frozen=True)
class AngryRetrier:
    """Taps three times under one key, then once with another amount, which must be refused."""

    name: str = "angry_retrier"

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of borrower `number`."""
        key, body = f"sub-{number}", _body(number, dice)
        application_id = None
        for _ in range(TAPS):
            tapped = yield from ask(Call("submit", key, body))
            application_id = application_id or tapped.value.get("application_id")
        changed = {**body, "amount_minor": body["amount_minor"] + STEP_MINOR}
        tapped = yield from ask(Call("submit", key, changed))
        # Taken only if none of the taps before it arrived.
        application_id = application_id or tapped.value.get("application_id")
        if application_id:
            yield from look_until(Call("application", application_id), TERMINAL)


def _body(number: int, dice: Dice) -> dict[str, Any]:
    return {
        "borrower": some_borrower(number, dice),
        "segment": "consumer",
        "region": dice.choice(REGIONS),
        "amount_minor": dice.randrange(LOW_MINOR, HIGH_MINOR + 1, STEP_MINOR),
        "term_months": dice.choice(TERMS_MONTHS),
    }


JOURNEY = AngryRetrier()
