"""A service gets less of the processor than it needs."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, CpuControl, Proof, Seen


class CpuLimit(OnService):
    """Lets a service have so much of the processor and no more.

    Effect: everything it does takes longer, the more the busier it is.
    Blast radius: the service.
    Args:
        cores: how many, 0.01 .. 4.
    Heals by: setting the limit back that was there before.
    Source: Linux, cgroups: cpu.cfs_quota_us of each cpu.cfs_period_us.
    """

    kind: ClassVar[str] = "cpu_limit"
    capability: ClassVar[Capability] = Capability.CPU

    cores: Annotated[float, Field(ge=0.01, le=4)]

    async def inject(self, control: CpuControl) -> None:
        """Set the limit."""
        await control.limit_cpu(self.service, self.cores)

    def proof(self, seen: Seen) -> Proof:
        """The kernel held it back while it had something to do."""
        numbers: dict[str, Any] = {
            "periods_held_back": seen.during("throttled"),
            "canary_slower_s": round(seen.early.latency_s - seen.before.latency_s, 3),
            "canary": canaries(seen.before, seen.early, seen.after),
        }
        bit = numbers["periods_held_back"] > 0
        return Proof(bit, "the kernel held the service back", numbers)


FAULT = CpuLimit
