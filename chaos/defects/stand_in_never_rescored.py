"""Nobody looks again at decisions of the stand-in."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.pipeline import Pipeline


async def never(self: Pipeline, app_id: str) -> float | None:
    """Done, they say."""
    return None


DEFECT = Defect(
    name="stand_in_never_rescored",
    about="Stand-in decisions are not scored once the risk engine is back.",
    expects=("stand_in_within_caps",),
    swaps=(Swap(Pipeline, "rescore", never),),
)
