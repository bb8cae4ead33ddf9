"""A service gets less of the processor than it needs."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, CpuControl, Observation, Proof, Seen

HELD_SHARE_MIN = 0.01  # chosen: held back for less of the time, it had what it needed
KERNEL_STEP = 1e-5  # a microsecond of each tenth of a second


class CpuLimit(OnService):
    """Lets a service have so much of the processor and no more.

    Effect: what it does takes longer, the more the busier it is; one that has next to nothing to
    do feels nothing, and the run is inconclusive then.
    Blast radius: the service.
    Args:
        cores: how many, 0.01 .. 4.
    Heals by: setting the limit back that was there before.
    Source: Linux, cgroups: cpu.cfs_quota_us of each cpu.cfs_period_us, throttled_time; without
        containers by SIGSTOP and SIGCONT, as cpulimit(1) does.
    """

    kind: ClassVar[str] = "cpu_limit"
    capability: ClassVar[Capability] = Capability.CPU

    cores: Annotated[float, Field(ge=0.01, le=4)] = 0.02

    async def inject(self, control: CpuControl) -> None:
        """Set the limit."""
        await control.limit_cpu(self.service, self.cores)

    def proof(self, seen: Seen) -> Proof:
        """The limit stood from beginning to end, and the service was held back by it."""
        window_s = seen.late.t_s - seen.before.t_s
        share = seen.during("held_ms") / 1000 / window_s if window_s > 0 else 0.0
        numbers: dict[str, object] = {
            "cores": seen.late.state.get("cores"),
            "held_back": seen.during("held"),
            "held_back_ms": seen.during("held_ms"),
            "held_back_share": round(share, 3),
            "cpu_ms": seen.during("cpu_ms"),
            "canary_s": [round(one.latency_s, 3) for one in (seen.before, seen.late, seen.after)],
            "canary": canaries(seen.before, seen.late, seen.after),
        }
        bit = all(map(self._stands, (seen.early, seen.late))) and share >= HELD_SHARE_MIN
        return Proof(bit, "the service wanted more of the processor than it got", numbers)

    def _stands(self, seen: Observation) -> bool:
        cores = seen.state.get("cores")
        return cores is not None and abs(cores - self.cores) < KERNEL_STEP


FAULT = CpuLimit
