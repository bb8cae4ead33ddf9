"""The queue does not look at the age of what it holds."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.domain import Application
from lending_service.pipeline import Pipeline


def never(self: Pipeline, app: Application) -> bool:
    """Nothing gets too old."""
    return False


DEFECT = Defect(
    name="expired_intents_replayed",
    about="An application that waited past its expiry is paid out all the same.",
    expects=("queue_answered_in_time",),
    swaps=(Swap(Pipeline, "_expired", never),),
)
