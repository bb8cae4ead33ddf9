"""A service is restarted in good order, as by a deployment."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._places import OnService, felt
from harness.ports import Capability, LifecycleControl, Proof, Seen


class Restart(OnService):
    """Asks a service to end (SIGTERM) and starts it at once.

    Effect: a gap of a second or two; what it kept in memory is gone.
    Blast radius: the service.
    Heals by: nothing to do when it came back; else starting it and waiting until it is ready.
    """

    kind: ClassVar[str] = "restart"
    lasts_s_min: ClassVar[float] = 1.0  # it is to have ended and begun again
    capability: ClassVar[Capability] = Capability.LIFECYCLE

    async def inject(self, control: LifecycleControl) -> None:
        """Restart it."""
        await control.restart(self.service)

    def proof(self, seen: Seen) -> Proof:
        """Another process ran than before, although nothing was undone yet."""
        before = seen.before.state.get("pid")
        others = {look.state.get("pid") for look in seen.active} - {None, before}
        numbers = {"pid_before": before, "pids_during": sorted(others, key=str), **felt(seen)}
        bit = before is not None and bool(others)
        return Proof(bit, "another process took its place", numbers)


FAULT = Restart
