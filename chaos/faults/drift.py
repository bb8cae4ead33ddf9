"""A risk engine's scores move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from chaos.faults._scripted import Scripted
from chaos.lending import RISK_ENGINE


class Drift(Scripted):
    """The stand-in adds points to the scores of a share of applications, within 0..1000.

    Effect: wrong decisions that look like right ones.
    Blast radius: the stand-in.
    Args:
        points: -1000..1000, not 0.
        share: of the calls.
    Heals by: putting the behaviour back that was set before; what was decided stays decided.
    """

    kind: ClassVar[str] = "drift"
    effect: ClassVar[str] = "drift"
    role: ClassVar[str] = RISK_ENGINE

    op: Literal["score"] = "score"
    points: int = Field(ge=-1000, le=1000, examples=[-200])

    def model_post_init(self, _: object) -> None:
        """Refuse a drift that is none."""
        if not self.points:
            raise ValueError("points=0; allowed: -1000..1000, not 0")

    @property
    def args(self) -> Mapping[str, object]:
        """The points."""
        return {"points": self.points}


FAULT = Drift
