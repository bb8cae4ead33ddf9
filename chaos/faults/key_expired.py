"""A gateway forgets request ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from chaos.faults._scripted import Scripted
from chaos.lending import GATEWAY
from harness.units import Duration


class KeyExpired(Scripted):
    """The stand-in takes request ids that are older for ids which it never saw.

    Effect: an inquiry is told "not found", and the same id again moves the money again. Its
        statement still holds what moved.
    Blast radius: the stand-in.
    Args:
        after: age at which an id is forgotten, 0s..24h.
    Heals by: putting the behaviour back that was set before; it remembers again.
    """

    kind: ClassVar[str] = "key_expired"
    effect: ClassVar[str] = "key_expired"
    role: ClassVar[str] = GATEWAY

    op: Literal["*", "create_payout", "create_debit", "inquire"] = "*"
    after: Duration

    @property
    def args(self) -> Mapping[str, object]:
        """The age."""
        return {"after_s": self.after}


FAULT = KeyExpired
