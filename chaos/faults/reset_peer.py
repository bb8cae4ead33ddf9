"""Connections are reset in the middle of a call."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._places import OnLink, Stream, felt
from harness.ports import Capability, LinkControl, Proof, Seen, Toxic
from harness.units import Duration


class ResetPeer(OnLink):
    """Resets every new connection once data flows on one direction.

    Effect: downstream, the callee did the work and the caller sees a reset; upstream, the request
    is cut.
    Connections from before the fault are closed by FIN, not by RST.
    Blast radius: the link.
    Args:
        after: wait this long after the first data; at most 2s, because the undo cannot interrupt
            the wait.
        stream: downstream or upstream.
    Heals by: removing the toxic.
    Source: toxiproxy 2.12.0, toxics/reset_peer.go.
    """

    kind: ClassVar[str] = "reset_peer"
    capability: ClassVar[Capability] = Capability.LINKS

    after: Duration = 0.0
    stream: Stream = "downstream"

    def model_post_init(self, _: object) -> None:
        """Refuse a wait that would hold up the undo."""
        if self.after > 2:
            raise ValueError(f"after={self.after:g}s; allowed: 0s..2s")

    async def inject(self, control: LinkControl) -> None:
        """Add the toxic."""
        wait_ms = {"timeout": round(self.after * 1000)}
        await control.add_toxic(self.link, Toxic("reset_peer", self.stream, wait_ms))

    def proof(self, seen: Seen) -> Proof:
        """A canary lost its connection, or calls failed."""
        numbers = felt(seen)
        bit = "no_reply" in seen.canaries or numbers["calls_failed"] > 0
        return Proof(bit, "connections were reset", numbers)


FAULT = ResetPeer
