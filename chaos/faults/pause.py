"""A process is stopped, as in a long garbage collection or on a frozen machine."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._places import OnService, felt
from harness.ports import Capability, ProcessControl, Proof, Seen

HUNG_S = 0.03  # chosen: less than the shortest window


class Pause(OnService):
    """Stops a service where it stands; its sockets stay open and accept.

    Effect: calls hang until the caller gives up; afterwards the service goes on as if nothing had
    been.
    Blast radius: the service.
    Heals by: letting it go on.
    """

    kind: ClassVar[str] = "pause"
    capability: ClassVar[Capability] = Capability.PROCESSES

    async def inject(self, control: ProcessControl) -> None:
        """Stop it."""
        await control.pause(self.service)

    def proof(self, seen: Seen) -> Proof:
        """The canary hung, and the process that did not answer had answered before, or does so
        afterwards: another fault may end it as soon as this one is over."""
        numbers = {
            "process_state": seen.early.state.get("proc_state"),
            "pid_before": seen.before.state.get("pid"),
            "pid_during": seen.early.state.get("pid"),
            "pid_after": seen.after.state.get("pid"),
            **felt(seen),
        }
        hung = seen.canaries != {"ok"} or seen.slower_s >= HUNG_S
        same = numbers["pid_during"] in (numbers["pid_before"], numbers["pid_after"])
        return Proof(hung and same, "the process stood still", numbers)


FAULT = Pause
