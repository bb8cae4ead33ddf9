"""Gateways that are two, and share one allowance of which nobody was told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from chaos.faults._scripted import Scripted
from chaos.lending import GATEWAY
from harness.ports import Proof, Seen
from harness.units import Rate


class SharedLimit(Scripted):
    """The gateway does a call while something is left of what it and the others may do together a
    second, and refuses the rest with 429.

    Effect: what one gateway refused the other one refuses too; whoever fails over asks twice for
        the same allowance.
    Blast radius: the stand-in; `service: payment_gateway` for all that share it.
    Args:
        rate: calls a second of all of them, `6/s`.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "shared_limit"
    effect: ClassVar[str] = "shared_limit"
    role: ClassVar[str] = GATEWAY

    op: Literal["*", "create_payout", "create_debit"] = "*"
    rate: Rate

    @property
    def args(self) -> Mapping[str, object]:
        """The rate."""
        return {"per_s": self.rate}

    def proof(self, seen: Seen) -> Proof:
        """Calls of this gateway were refused because nothing was left; where both are hit, both
        have to show it."""
        told = super().proof(seen).numbers
        numbers: dict[str, Any] = {**told, "turned_away": seen.during("turned_away")}
        bit = numbers["turned_away"] > 0
        return Proof(bit, "nothing was left of the shared allowance", numbers)


FAULT = SharedLimit
