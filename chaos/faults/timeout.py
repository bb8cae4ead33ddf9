"""A black hole: what is sent never arrives, and nobody says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chaos.faults._places import Stream, felt
from chaos.faults._toxic import OneToxic
from harness.ports import Proof, Seen
from harness.units import Duration


class Timeout(OneToxic):
    """Drops all data on one direction of a link.

    Effect: downstream, the callee does the work and the reply is lost; upstream, the request never
    arrives.
    The two differ in money: test both.
    Blast radius: the link.
    Args:
        stream: downstream (replies) or upstream (requests); must be chosen.
        toxicity: see `OneToxic`.
        close_after: close a connection that was idle for so long; 0 keeps it open until the undo.
    Heals by: removing the toxic; connections that fell into it are closed.
    Source: toxiproxy 2.12.0, toxics/timeout.go.
    """

    kind: ClassVar[str] = "timeout"
    toxic: ClassVar[str] = "timeout"

    stream: Stream
    close_after: Duration = 0.0

    def attributes(self) -> Mapping[str, int]:
        """As Toxiproxy names them."""
        return {"timeout": round(self.close_after * 1000)}

    def proof(self, seen: Seen) -> Proof:
        """A canary got no reply, or calls failed."""
        numbers = felt(seen)
        bit = "no_reply" in seen.canaries or seen.failed > 0
        lost = "replies" if self.stream == "downstream" else "requests"
        return Proof(bit, f"{lost} were lost", numbers)


FAULT = Timeout
