"""A risk engine answers a score that is none."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import ClassVar, Literal

from chaos.faults._scripted import Scripted
from chaos.lending import RISK_ENGINE


class Score(Scripted):
    """The stand-in answers the same score to everybody: a number, null, or NaN.

    Effect: a caller that takes null for 0, or a constant for a score, lends wrongly.
    Blast radius: the stand-in.
    Args:
        value: a number, null (unless it is said), or `NaN`, which is no JSON.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "score"
    effect: ClassVar[str] = "score"
    role: ClassVar[str] = RISK_ENGINE

    op: Literal["score"] = "score"
    value: int | float | Literal["NaN"] | None = None

    @property
    def args(self) -> Mapping[str, object]:
        """The score; NaN by its name, since JSON has none."""
        bare = isinstance(self.value, float) and isnan(self.value)
        return {"value": "NaN" if bare else self.value}


FAULT = Score
