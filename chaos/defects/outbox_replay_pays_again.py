"""The request id follows the attempts of the outbox."""

from __future__ import annotations

from msgspec.structs import replace

from harness.self_test.defects import Defect, Swap
from lending_service.domain import Application, AppState
from lending_service.payouts import payout_order
from lending_service.pipeline import Pipeline


async def pay(self: Pipeline, app: Application, n: int) -> float | None:
    """Pay under an id of this attempt."""
    order = payout_order(app)
    result = await self._money.run(replace(order, key=f"{order.key}-{n}"))
    if result == "refused":
        return await self._queue(app, n, AppState.PAYING, "payment_down")
    return await self._give_up(app) if result == "failed" else None


DEFECT = Defect(
    name="outbox_replay_pays_again",
    about="An outbox entry that is replayed after a crash pays under a new request id.",
    expects=("no_double_payout",),
    swaps=(Swap(Pipeline, "_pay", pay),),
    first="explore",
)
