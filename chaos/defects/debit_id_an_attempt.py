"""The request id of a debit follows the attempts of the outbox."""

from __future__ import annotations

from typing import cast

from msgspec.structs import replace

from harness.self_test.defects import Defect, Swap
from lending_service import app
from lending_service.context import Context
from lending_service.debits import Debits, collect
from lending_service.money import Money, PaymentOrder, RunResult


class NewIds:
    """Moves money under an id of the attempt."""

    def __init__(self, money: Money, n: int) -> None:
        self._money = money
        self._n = n

    async def run(self, order: PaymentOrder) -> RunResult:
        """As `Money.run`."""
        return await self._money.run(replace(order, key=f"{order.key}-{self._n}"))


async def collect_anew(
    parts: Context, money: Money, debits: Debits, id_: str, n: int
) -> float | None:
    """Collect under a new id."""
    return await collect(parts, cast(Money, NewIds(money, n)), debits, id_, n)


DEFECT = Defect(
    name="debit_id_an_attempt",
    about="A debit that is tried again after a crash has a new request id.",
    expects=("debits_match_repayments",),
    swaps=(Swap(app, "collect", collect_anew),),
)
