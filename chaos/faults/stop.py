"""A service is stopped in good order, as for maintenance."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, LifecycleControl, Proof, Seen


class Stop(OnService):
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

    def proof(self, seen: Seen) -> Proof:
        """Nobody answered while it was stopped, and another process answers now."""
        numbers = {
            "exit_code": seen.early.state.get("exit_code"),
            "pid_before": seen.before.state.get("pid"),
            "pid_after": seen.after.state.get("pid"),
            "canary": canaries(seen.before, seen.early, seen.after),
        }
        bit = seen.early.canary != "ok" and numbers["pid_before"] != numbers["pid_after"]
        return Proof(bit, "the service was stopped and another process took its place", numbers)


FAULT = Stop
