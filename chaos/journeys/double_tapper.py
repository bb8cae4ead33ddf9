"""Somebody whose finger, app and network send one application three times at once."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.journeys._borrow import STEP_MINOR, some_borrower
from chaos.journeys._steps import look_until
from chaos.lending import REGIONS, TERMINAL
from harness.rng import Dice
from harness.target import Call, Journey, Together

# The figures of this block are chosen, not measured.
AT_ONCE = 3
LOW_MINOR, HIGH_MINOR = 50_000, 200_000
TERMS_MONTHS = (3, 6)


@dataclass(frozen=True)
class DoubleTapper:
    """The same application under one key, three times at the same instant; one must come of it."""

    name: str = "double_tapper"

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of borrower `number`."""
        application = {
            "borrower": some_borrower(number, dice),
            "segment": "consumer",
            "region": dice.choice(REGIONS),
            "amount_minor": dice.randrange(LOW_MINOR, HIGH_MINOR + 1, STEP_MINOR),
            "term_months": dice.choice(TERMS_MONTHS),
        }
        tapped = yield Together((Call("submit", f"sub-{number}", application),) * AT_ONCE)
        ids = [one.value["application_id"] for one in tapped if one.value.get("application_id")]
        if ids:
            yield from look_until(Call("application", ids[0]), TERMINAL)


JOURNEY = DoubleTapper()
