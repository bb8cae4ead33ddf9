"""The road from a limit to the first repayment, for borrowers who differ in segment and size."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from chaos.journeys._steps import ask, insist, look_until, open_item_minor
from chaos.lending import BOOK_SIZE, REGIONS, TERMINAL
from harness.model import Outcome
from harness.rng import Dice
from harness.target import Call, Completion, Journey, Wait

Applying = Generator[Call | Wait, Completion | None, str]

# The figures of this block are chosen, not measured.
EXISTING_SHARE = 0.7
STEP_MINOR = 100


def book_borrower(number: int) -> str:
    """A borrower of the book, by number; two numbers less than 400 apart never share one."""
    return f"b-{number % BOOK_SIZE + 1:04d}"


def some_borrower(number: int, dice: Dice) -> str:
    """Somebody from the book, or (3 of 10) somebody whom nobody has seen before."""
    if dice.random() < EXISTING_SHARE:
        return book_borrower(dice.randrange(BOOK_SIZE))
    return f"n-{number}"


@dataclass(frozen=True)
class Borrowing:
    """A journey: read the limit, apply, watch until it is decided, repay the first due item.

    Args:
        name: of the journey, and of the segment.
        low_minor, high_minor: amounts asked for, in hundreds of minor units.
        terms_months: terms to choose from.
    """

    name: str
    low_minor: int
    high_minor: int
    terms_months: tuple[int, ...]

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of borrower `number`."""
        application_id = yield from self.apply(some_borrower(number, dice), f"sub-{number}", dice)
        if not application_id:
            return
        seen = yield from look_until(Call("application", application_id), TERMINAL)
        loan_id = seen.value.get("loan_id")
        if seen.value.get("status") == "active" and loan_id:
            yield from repay_first_item(loan_id, f"rep-{number}")

    def apply(self, borrower: str, key: str, dice: Dice) -> Applying:
        """Read the limit and apply within it; the application, "" where none was taken in."""
        limit = yield from ask(Call("read_limit", borrower))
        submitted = yield from insist(Call("submit", key, self.application(borrower, limit, dice)))
        taken_in = submitted.outcome is Outcome.OK
        return str(submitted.value.get("application_id") or "") if taken_in else ""

    def application(self, borrower: str, limit: Completion, dice: Dice) -> dict[str, object]:
        """What is applied for: an amount within the limit, as far as the limit could be read."""
        wanted = dice.randrange(self.low_minor, self.high_minor + 1, STEP_MINOR)
        available = limit.value.get("available_minor")
        if isinstance(available, int):
            wanted = max(self.low_minor, min(wanted, available // STEP_MINOR * STEP_MINOR))
        return {
            "borrower": borrower,
            "segment": self.name,
            "region": dice.choice(REGIONS),
            "amount_minor": wanted,
            "term_months": dice.choice(self.terms_months),
        }


def repay_first_item(
    loan_id: str, key: str
) -> Generator[Call | Wait, Completion | None, Completion | None]:
    """Repay what is due first on a loan and look once at what became of it."""
    loan = yield from ask(Call("read_loan", loan_id))
    due_minor = open_item_minor(loan)
    if due_minor is None:
        return None
    repay = Call("repay", key, {"loan_id": loan_id, "amount_minor": due_minor})
    repaid = yield from insist(repay)
    repayment_id = repaid.value.get("repayment_id")
    if repaid.outcome is not Outcome.OK or not repayment_id:
        return None
    return (yield from ask(Call("repayment", repayment_id)))
