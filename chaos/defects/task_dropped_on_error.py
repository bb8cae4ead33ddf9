"""What raises is written off."""

from __future__ import annotations

from collections.abc import Sequence

from harness.self_test.defects import Defect, Swap
from lending_service.domain import Task
from lending_service.worker import Lane


async def once(self: Lane, tasks: Sequence[Task]) -> None:
    """One batch, done or not."""
    try:
        wait_s = await self._handle(tasks)
    except Exception:
        wait_s = None
    await self._write_off(tasks, wait_s)


DEFECT = Defect(
    name="task_dropped_on_error",
    about="An application whose work raises an error once is never worked on again.",
    expects=("every_application_answered",),
    swaps=(Swap(Lane, "do", once),),
    first="x54_records_unreachable",
)
