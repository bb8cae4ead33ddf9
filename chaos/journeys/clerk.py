"""Customer service: somebody applies and calls; who takes the call looks up how it stands."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.journeys._borrow import Borrowing, some_borrower
from chaos.journeys._steps import ask
from harness.rng import Dice
from harness.target import Call, Journey, Wait

# The figures of this block are chosen, not measured.
CALLER = Borrowing("consumer", low_minor=50_000, high_minor=200_000, terms_months=(3, 6))
CALLS_AFTER_S = 3.0  # patience of somebody who has heard nothing
CALLS_AGAIN_AFTER_S = 6.0


@dataclass(frozen=True)
class Clerk:
    """Takes two calls about one application: looks at the status of the service, and at the
    application by the reference that the caller gives, where the caller has one."""

    name: str = "clerk"

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of the caller `number` and of whoever takes the calls."""
        borrower = some_borrower(number, dice)
        reference = yield from CALLER.apply(borrower, f"sub-{number}", dice)
        for after_s in (CALLS_AFTER_S, CALLS_AGAIN_AFTER_S):
            yield Wait(after_s)
            yield from ask(Call("status", f"call-{number}"))
            if reference:
                yield from ask(Call("application", reference))


JOURNEY = Clerk()
