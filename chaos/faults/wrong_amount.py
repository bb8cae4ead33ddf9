"""A callback names another amount than the one that moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from chaos.faults._scripted import Scripted
from chaos.lending import GATEWAY


class WrongAmount(Scripted):
    """The stand-in's callbacks carry a wrong amount; its ledger and its inquiries the right one.

    Effect: whoever believes a callback has books that do not balance.
    Blast radius: the stand-in.
    Args:
        delta_minor: added to the amount, minor units; not 0.
    Heals by: putting the behaviour back that was set before; callbacks under way stay wrong.
    """

    kind: ClassVar[str] = "wrong_amount"
    effect: ClassVar[str] = "wrong_amount"
    role: ClassVar[str] = GATEWAY

    op: Literal["callback"] = "callback"
    delta_minor: int = 100

    def model_post_init(self, _: object) -> None:
        """Refuse a wrong amount that is right."""
        if not self.delta_minor:
            raise ValueError("delta_minor=0; allowed: any other integer")

    @property
    def args(self) -> Mapping[str, object]:
        """What is added."""
        return {"delta_minor": self.delta_minor}


FAULT = WrongAmount
