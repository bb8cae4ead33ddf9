"""A gateway takes a payment in, loses the reply, and at first denies knowing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, get_args

from pydantic import Field

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, Proof, Seen, UpstreamScript

LOST, DENIED = "not_found/lost", "not_found/denied"
INQUIRE = "inquire"


class NotFound(OnService):
    """The stand-in applies payouts without a reply, and answers the first inquiries with 404.

    Effect: whoever takes "never saw it" for "failed" pays a second time.
    Blast radius: the stand-in.
    Args:
        op: what loses its replies, `create_payout` or `create_debit`.
        times: inquiries a payment that are answered with 404.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "not_found"
    capability: ClassVar[Capability] = Capability.UPSTREAMS

    op: Literal["create_payout", "create_debit"] = "create_payout"
    times: int = Field(default=1, ge=1, le=100)

    @classmethod
    def fits(cls, ops: Sequence[str]) -> list[str]:
        """What may lose its replies, of a stand-in that can be asked about it."""
        losing = get_args(cls.model_fields["op"].annotation)
        return [one for one in ops if one in losing and INQUIRE in ops]

    async def inject(self, control: UpstreamScript) -> None:
        """Set both rules."""
        lost = {"id": LOST, "effect": "reply_lost", "op": self.op}
        denied = {
            "id": DENIED,
            "effect": "not_found",
            "op": INQUIRE,
            "per_key": True,
            "last": self.times,
        }
        await control.script(self.service, [lost, denied])

    def proof(self, seen: Seen) -> Proof:
        """Both rules were hit by real calls."""
        numbers: dict[str, Any] = {
            "replies_lost": seen.during(f"hits.{LOST}"),
            "denied": seen.during(f"hits.{DENIED}"),
            "canary": canaries(seen.before, seen.early, seen.after),
        }
        bit = numbers["replies_lost"] > 0 and numbers["denied"] > 0
        return Proof(bit, "payments were applied, and then denied", numbers)


FAULT = NotFound
