"""The primary of a database is lost and its standby takes over."""

from __future__ import annotations

from typing import Any, ClassVar

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, Proof, ReplicationControl, Seen
from harness.units import Duration

LOST_S = 0.1  # chosen: for so long at least nobody answers


class Promote(OnService):
    """Lets the standby fall behind, ends the primary `lag` later, and promotes the standby.

        at                       at + lag            at + for
        ├─ standby falls behind ─┼─ nobody answers ──┼─ the standby is the primary

    Effect: what the standby had not got is gone, also where it was acknowledged; a design whose
    commits wait for the standby has acknowledged none of it. Nobody answers until the take-over.
    Blast radius: the database.
    Args:
        lag: 0s .. 1m, shorter than the fault; how far the standby is behind when the primary is
            lost.
    Heals by: starting the standby as the primary, with a fresh standby that follows it in step.
        The lost tail does not come back, and neither does the old primary.
    """

    kind: ClassVar[str] = "promote"
    capability: ClassVar[Capability] = Capability.REPLICATION
    hands_over: ClassVar[bool] = True

    lag: Duration = 0.0

    def model_post_init(self, _: object) -> None:
        """Refuse what would never end."""
        if not 0 <= self.lag <= 60:
            raise ValueError(f"lag={self.lag:g}s; allowed: 0s..1m")

    @property
    def lasts_s_min(self) -> float:
        """The primary is to have been lost before the standby takes over."""
        return self.lag + LOST_S

    async def inject(self, control: ReplicationControl) -> None:
        """Fall behind, then lose the primary."""
        await control.lose_primary(self.service, self.lag)

    def proof(self, seen: Seen) -> Proof:
        """Another process serves another timeline, and (with a lag) changes went with the first."""
        numbers: dict[str, Any] = {
            "timeline_before": seen.before.state.get("timeline"),
            "timeline_after": seen.after.state.get("timeline"),
            "pid_before": seen.before.state.get("pid"),
            "pid_after": seen.after.state.get("pid"),
            "changes_lost": seen.after.since(seen.before, "lost"),
            "canary": canaries(seen.before, seen.late, seen.after),
        }
        bit = all(
            numbers[f"{one}_before"] != numbers[f"{one}_after"] for one in ("timeline", "pid")
        )
        bit = bit and (numbers["changes_lost"] > 0 or not self.lag)
        return Proof(bit, "the primary was lost and the standby took its place", numbers)


FAULT = Promote
