"""The standby of a database falls behind."""

from __future__ import annotations

from typing import Any, ClassVar

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, Proof, ReplicationControl, Seen
from harness.units import Duration


class ReplicaLag(OnService):
    """Lets the standby of a database have everything only `lag` later.

    Effect: reads that go to the standby are old; commits that wait for it take as long, or end
    without an answer; whoever does not wait notices nothing.
    Blast radius: the database.
    Args:
        lag: 1ms .. 1h. Longer than the experiment: a standby that does not follow at all.
    Heals by: letting the standby catch up, at once.
    Source: PostgreSQL, recovery_min_apply_delay does the same.
    """

    kind: ClassVar[str] = "replica_lag"
    capability: ClassVar[Capability] = Capability.REPLICATION

    lag: Duration

    def model_post_init(self, _: object) -> None:
        """Refuse what would do nothing."""
        if not 0.001 <= self.lag <= 3600:
            raise ValueError(f"lag={self.lag:g}s; allowed: 1ms..1h")

    async def inject(self, control: ReplicationControl) -> None:
        """Let it fall behind."""
        await control.set_lag(self.service, self.lag)

    def proof(self, seen: Seen) -> Proof:
        """The standby was as far behind as asked, and there were changes that it got late."""
        numbers: dict[str, Any] = {
            "lag_s": seen.early.state.get("lag_s"),
            "changes_delayed": seen.during("delayed"),
            "canary": canaries(seen.before, seen.early, seen.after),
        }
        bit = numbers["lag_s"] == self.lag and numbers["changes_delayed"] > 0
        return Proof(bit, "the standby got changes late", numbers)


FAULT = ReplicaLag
