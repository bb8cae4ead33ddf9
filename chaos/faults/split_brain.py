"""Two primaries: the standby was promoted, and the service goes on with the old one."""

from __future__ import annotations

from typing import Any, ClassVar

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, Proof, ReplicationControl, Seen


class SplitBrain(OnService):
    """Promotes the standby of a database while the service still reaches the old primary.

    Effect: the old primary goes on taking writes that no standby gets. Where commits wait for the
    standby none of them is acknowledged: that is the fence.
    Where somebody manages the databases, the region of the primary is cut off from the other one
        and from where the leader key is: the old primary steps down, the standby takes over once
        the key has run out.
    Blast radius: the database.
    Heals by: ending the old primary and leading the service to the new one, which a fresh standby
        follows in step. What only the old one had is lost: it was the harm, and now it shows.
    """

    kind: ClassVar[str] = "split_brain"
    capability: ClassVar[Capability] = Capability.REPLICATION

    async def inject(self, control: ReplicationControl) -> None:
        """Promote the standby, tell nobody."""
        await control.split(self.service)

    def proof(self, seen: Seen) -> Proof:
        """There were two primaries, the old one took writes, and those are lost; or the old one
        stepped down before the other took over."""
        numbers: dict[str, Any] = {
            "two_primaries": bool(seen.early.state.get("split")),
            "stepped_down": bool(seen.late.state.get("fenced")),
            "timeline_before": seen.before.state.get("timeline"),
            "timeline_after": seen.after.state.get("timeline"),
            "changes_lost": seen.after.since(seen.before, "lost"),
            "canary": canaries(seen.before, seen.early, seen.after),
        }
        if numbers["stepped_down"]:
            bit = numbers["timeline_before"] != numbers["timeline_after"]
            return Proof(bit, "the primary was cut off and stepped down; another leads", numbers)
        bit = numbers["two_primaries"] and numbers["changes_lost"] > 0
        return Proof(bit, "two primaries took writes, and one was lost with them", numbers)


FAULT = SplitBrain
