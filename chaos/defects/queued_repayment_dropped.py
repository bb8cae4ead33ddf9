"""A repayment that has to wait is never taken up again."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service import app
from lending_service.context import Context
from lending_service.debits import Debits, collect
from lending_service.money import Money


async def only_once(parts: Context, money: Money, debits: Debits, id_: str, n: int) -> float | None:
    """Work on it, and leave it where it is."""
    await collect(parts, money, debits, id_, n)
    return None


DEFECT = Defect(
    name="queued_repayment_dropped",
    about="A repayment queued while no gateway answers stays queued for ever.",
    expects=("repayments_end",),
    swaps=(Swap(app, "collect", only_once),),
)
