"""A decision of the stand-in says that it is the model's."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service import pipeline
from lending_service.domain import Decision


def by_model(*, by: str, score_age_days: float) -> Decision:
    """Whoever decided."""
    return Decision(by="model", score_age_days=score_age_days)


DEFECT = Defect(
    name="stand_in_unlabelled",
    about="A decision without the risk engine is labelled as a decision of the model.",
    expects=("stand_in_within_caps",),
    swaps=(Swap(pipeline, "Decision", by_model),),
)
