"""A service is off the network, while it goes on running."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, NetworkControl, Proof, Seen


class Disconnect(OnService):
    """Takes a service off the network: nothing reaches it, nothing it sends arrives.

    Effect: as a pulled cable: callers wait, and the service itself believes to be well.
    Blast radius: the service.
    Heals by: putting it back at its address.
    """

    kind: ClassVar[str] = "disconnect"
    capability: ClassVar[Capability] = Capability.NETWORK

    async def inject(self, control: NetworkControl) -> None:
        """Take it off."""
        await control.disconnect(self.service)

    def proof(self, seen: Seen) -> Proof:
        """It could not be reached and had no address, and the same process answers afterwards."""
        numbers = {
            "address_during": seen.early.state.get("address"),
            "pid_before": seen.before.state.get("pid"),
            "pid_after": seen.after.state.get("pid"),
            "canary": canaries(seen.before, seen.early, seen.after),
        }
        bit = seen.canaries != {"ok"} and numbers["address_during"] == ""
        same = numbers["pid_before"] == numbers["pid_after"]
        return Proof(bit and same, "the service could not be reached", numbers)


FAULT = Disconnect
