"""A link is down: connections are refused."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._places import OnLink, felt
from harness.ports import Capability, LinkControl, Proof, Seen


class Down(OnLink):
    """Refuses new connections on a link and closes the live ones.

    Effect: the caller knows at once that nothing was sent.
    Blast radius: the link.
    Heals by: enabling the proxy again.
    Source: toxiproxy 2.12.0, proxy.go: `enabled: false` closes the listener.
    """

    kind: ClassVar[str] = "down"
    capability: ClassVar[Capability] = Capability.LINKS

    async def inject(self, control: LinkControl) -> None:
        """Disable the proxy."""
        await control.set_enabled(self.link, False)

    def proof(self, seen: Seen) -> Proof:
        """A canary was refused, or calls failed."""
        numbers = felt(seen)
        bit = "refused" in seen.canaries or seen.failed > 0
        return Proof(bit, "connections were refused", numbers)


FAULT = Down
