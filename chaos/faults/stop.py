"""A service is stopped in good order, as for maintenance."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._ended import Ended
from harness.ports import Capability, LifecycleControl


class Stop(Ended):
    """Asks a service to end (SIGTERM) and lets it finish what it is at; the undo starts it again.

    Effect: what was in flight is answered, what comes later is refused.
    Blast radius: the service.
    Heals by: starting the service with the same configuration and waiting until it is ready.
    """

    kind: ClassVar[str] = "stop"
    capability: ClassVar[Capability] = Capability.LIFECYCLE

    async def inject(self, control: LifecycleControl) -> None:
        """Stop it."""
        await control.stop(self.service)


FAULT = Stop
