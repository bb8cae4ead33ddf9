"""Connections are reset in the middle of a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chaos.faults._places import felt
from chaos.faults._toxic import OneToxic
from harness.ports import Proof, Seen
from harness.units import Duration


class ResetPeer(OneToxic):
    """Resets every new connection once data flows on one direction.

    Effect: downstream, the callee did the work and the caller sees a reset; upstream, the request
    is cut.
    Connections from before the fault are closed by FIN, not by RST.
    Blast radius: the link.
    Args:
        after: wait this long after the first data; at most 2s, because the undo cannot interrupt
            the wait.
        stream, toxicity: see `OneToxic`.
    Heals by: removing the toxic.
    Source: toxiproxy 2.12.0, toxics/reset_peer.go.
    """

    kind: ClassVar[str] = "reset_peer"
    toxic: ClassVar[str] = "reset_peer"

    after: Duration = 0.0

    def check(self) -> None:
        """Refuse a wait that would hold up the undo."""
        if self.after > 2:
            raise ValueError(f"after={self.after:g}s; allowed: 0s..2s")

    def attributes(self) -> Mapping[str, int]:
        """As Toxiproxy names them."""
        return {"timeout": round(self.after * 1000)}

    def proof(self, seen: Seen) -> Proof:
        """A canary lost its connection, or calls failed."""
        numbers = felt(seen)
        bit = "no_reply" in seen.canaries or seen.failed > 0
        return Proof(bit, "connections were reset", numbers)


FAULT = ResetPeer
