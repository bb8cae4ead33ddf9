"""A process is killed and started again."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, ProcessControl, Proof, Seen


class Crash(OnService):
    """Kills a service without a chance to clean up; the undo starts it again.

    Effect: what it had not made durable is lost; its connections are reset.
    Blast radius: the service.
    Heals by: starting the service with the same configuration and waiting until it is ready.
    """

    kind: ClassVar[str] = "crash"
    capability: ClassVar[Capability] = Capability.PROCESSES

    async def inject(self, control: ProcessControl) -> None:
        """Kill it."""
        await control.kill(self.service)

    def proof(self, seen: Seen) -> Proof:
        """Nobody answered while it was dead, and another process answers now."""
        numbers = {
            "pid_before": seen.before.state.get("pid"),
            "pid_after": seen.after.state.get("pid"),
            "canary": canaries(seen.before, seen.early, seen.after),
        }
        bit = seen.early.canary != "ok" and numbers["pid_before"] != numbers["pid_after"]
        return Proof(bit, "the process died and another took its place", numbers)


FAULT = Crash
