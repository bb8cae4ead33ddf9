"""A reservation is given back while its payout is unknown."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.domain import Application, AppState
from lending_service.pipeline import Pipeline

pay = Pipeline._pay


async def release_when_unknown(self: Pipeline, app: Application, n: int) -> float | None:
    """Pay; without a result, give the money back."""
    wait_s = await pay(self, app, n)
    seen = await self._parts.store.read(Application, app.id)
    if seen is not None and seen.state == AppState.PAYMENT_UNKNOWN:
        await self._reserving.release_all(seen)
    return wait_s


DEFECT = Defect(
    name="released_but_paid",
    about="The reservation of a payout whose result is unknown is released, and the loan is paid.",
    expects=("funding_within_quota",),
    swaps=(Swap(Pipeline, "_pay", release_when_unknown),),
    first="x92_answered_by_others",
)
