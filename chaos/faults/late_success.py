"""A payment is said to have failed, and succeeds later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from chaos.faults._scripted import Scripted
from chaos.lending import GATEWAY
from harness.units import Duration


class LateSuccess(Scripted):
    """The stand-in answers FAILED, and pays after a while.

    Effect: whoever pays elsewhere after the FAILED has paid twice. A callback tells the success.
        Its statement shows the payment as under way.
    Blast radius: the stand-in.
    Args:
        delay: until the success, 0s..24h.
        code: of the FAILED: `CHANNEL_ERROR` is not final, `DECLINED` is said to be.
    Heals by: putting the behaviour back that was set before; payments under way still succeed.
    """

    kind: ClassVar[str] = "late_success"
    effect: ClassVar[str] = "late_success"
    role: ClassVar[str] = GATEWAY

    op: Literal["*", "create_payout", "create_debit"] = "*"
    delay: Duration = 3.0
    code: Literal["CHANNEL_ERROR", "DECLINED"] = "CHANNEL_ERROR"

    @property
    def args(self) -> Mapping[str, object]:
        """Delay and code."""
        return {"delay_s": self.delay, "code": self.code}


FAULT = LateSuccess
