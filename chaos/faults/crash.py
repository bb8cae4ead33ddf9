"""A process is killed and started again."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._ended import Ended
from harness.ports import Capability, ProcessControl


class Crash(Ended):
    """Kills a service without a chance to clean up; the undo starts it again.

    Effect: what it had not made durable is lost; its connections are reset.
    Blast radius: the service.
    Heals by: starting the service with the same configuration and waiting until it is ready.
    """

    kind: ClassVar[str] = "crash"
    capability: ClassVar[Capability] = Capability.PROCESSES

    async def inject(self, control: ProcessControl) -> None:
        """Send it SIGKILL."""
        await control.kill(self.service)


FAULT = Crash
DEPRECATED_NAMES = ("kill",)  # accepted with a warning, for one version
