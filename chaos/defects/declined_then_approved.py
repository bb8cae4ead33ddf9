"""A declined application is taken up again."""

from __future__ import annotations

from contextlib import ExitStack
from unittest.mock import patch

from msgspec.structs import replace

from harness.self_test.defects import Defect
from lending_service import domain
from lending_service.domain import Application, AppState, Decision
from lending_service.pipeline import Pipeline
from lending_service.stores.port import Tx

LATER_S = 3.0  # after the borrower has read it
decided, rescore = Pipeline._decided, Pipeline.rescore


async def look_again_later(
    self: Pipeline, tx: Tx, app: Application, approve: bool, decision: Decision | None
) -> None:
    """Decide; a "no" is looked at once more."""
    await decided(self, tx, app, approve, decision)
    if not approve:
        await tx.enqueue("rescore", app.id, self._parts.clock.now_s() + LATER_S)


async def approve_after_all(self: Pipeline, app_id: str) -> float | None:
    """What was declined is approved now."""
    async with self._parts.store.transaction() as tx:
        app = await tx.get(Application, app_id, lock=True)
        if app is None or app.state != AppState.DECLINED:
            return await rescore(self, app_id)
        await tx.put(replace(self._parts.move(app, AppState.APPROVED), resume=None))
        await tx.enqueue("application", app.id, self._parts.clock.now_s())
    return None


def plant() -> ExitStack:
    """The table lets it pass."""
    stack = ExitStack()
    way = {AppState.DECLINED: (AppState.APPROVED,)}
    stack.enter_context(patch.dict(domain.APPLICATION_MOVES, way))
    stack.enter_context(patch.object(Pipeline, "_decided", look_again_later))
    stack.enter_context(patch.object(Pipeline, "rescore", approve_after_all))
    return stack


DEFECT = Defect(
    name="declined_then_approved",
    about="A borrower who was told no is paid out some seconds later.",
    expects=("terminal_states_immutable",),
    plant=plant,
)
