"""A third party does what it was asked and never answers."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, Proof, Seen, UpstreamScript
from harness.units import Share

RULE = "reply_lost"


class ReplyLost(OnService):
    """The stand-in applies the call, writes it to its ledger, and closes the connection without a
    reply.

    Effect: the outcome of the call is unknown to the caller; the money moved.
    Blast radius: the stand-in.
    Args:
        op: operation of the stand-in (`create_payout`), `*` for all.
        share: share of calls, 0..1.
        first: first call (counted from the injection) that is hit.
        last: last one; none for all that follow.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = RULE
    capability: ClassVar[Capability] = Capability.UPSTREAMS

    op: str = "*"
    share: Share = 1.0
    first: int = Field(default=1, ge=1)
    last: int | None = Field(default=None, ge=1)

    async def inject(self, control: UpstreamScript) -> None:
        """Set the rule."""
        rule = {
            "id": RULE,
            "effect": RULE,
            "op": self.op,
            "share": self.share,
            "first": self.first,
            "last": self.last,
        }
        await control.script(self.service, [rule])

    def proof(self, seen: Seen) -> Proof:
        """The rule was hit by real calls."""
        numbers: dict[str, Any] = {
            "replies_lost": seen.during("hits"),
            "canary": canaries(seen.before, seen.early, seen.after),
        }
        return Proof(numbers["replies_lost"] > 0, "calls were applied without a reply", numbers)


FAULT = ReplyLost
