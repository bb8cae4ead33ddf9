"""A service gets less memory than it needs: the kernel kills it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, MemoryControl, Proof, Seen

MIB = 2**20


class MemoryLimit(OnService):
    """Lets a service have so much memory and no swap; when it needs more, the kernel kills it.

    Effect: an end without a last word, in the middle of whatever it did: exit code 137 (128 and
    SIGKILL), and the engine's own word that it was for want of memory.
    Blast radius: the service.
    Args:
        mebibytes: 6 .. 4096. An engine refuses less than 6.
    Heals by: setting the limit back that was there before, and starting the service if it was
        killed.
    Source: Linux, cgroups: memory.limit_in_bytes, memory.max.
    """

    kind: ClassVar[str] = "memory_limit"
    capability: ClassVar[Capability] = Capability.MEMORY

    mebibytes: Annotated[int, Field(ge=6, le=4096, examples=[64])]

    async def inject(self, control: MemoryControl) -> None:
        """Set the limit."""
        await control.limit_memory(self.service, self.mebibytes * MIB)

    def proof(self, seen: Seen) -> Proof:
        """The limit was set, and the kernel killed the service for it."""
        killed = [one.state for one in (seen.early, seen.late) if one.state.get("oom_killed")]
        last = killed[-1] if killed else {}
        numbers: dict[str, object] = {
            "used_bytes_before": seen.before.counts.get("used_bytes"),
            "limit_bytes": seen.early.state.get("limit_bytes"),
            "oom_killed": bool(killed),
            "killed_t_s": last.get("killed_t_s"),
            "exit_code": last.get("exit_code"),
            "canary": canaries(seen.before, seen.late, seen.after),
        }
        bit = bool(killed) and numbers["limit_bytes"] == self.mebibytes * MIB
        return Proof(bit, "the kernel killed the service for want of memory", numbers)


FAULT = MemoryLimit
