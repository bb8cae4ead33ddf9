"""Two replicas of a risk engine answer from two versions of its model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from chaos.faults._scripted import Scripted
from chaos.lending import RISK_ENGINE
from harness.units import Share


class TwoModels(Scripted):
    """A share of the calls, whoever they are about, is scored by another version of the model.

    Effect: who asks twice may get a yes and a no; both are answers of the engine.
    Blast radius: the stand-in.
    Args:
        version: what the other model calls itself.
        share: of the calls that the other replica takes.
    Heals by: putting the behaviour back that was set before; what was decided stays decided.
    """

    kind: ClassVar[str] = "two_models"
    effect: ClassVar[str] = "other_model"
    role: ClassVar[str] = RISK_ENGINE

    op: Literal["score"] = "score"
    version: str = Field(default="m2", min_length=1, max_length=60)
    share: Share = 0.5

    @property
    def args(self) -> Mapping[str, object]:
        """Which version."""
        return {"version": self.version}


FAULT = TwoModels
