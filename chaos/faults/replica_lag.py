"""The standby of a database falls behind."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, Proof, ReplicationControl, Seen
from harness.units import Duration


class ReplicaLag(OnService):
    """Lets the standby of a database have everything only `lag` later.

    Effect: reads that go to the standby are old. Commits that wait for it (`on` and `remote_write`
    until it has received them, `remote_apply` until it shows them) take as long, or end without an
    answer; whoever does not wait notices nothing.
    Blast radius: the database.
    Args:
        lag: 1ms .. 1h. Longer than the experiment: a standby that does not follow at all.
        stage: receive (a slow or cut replication connection: what was not received is lost with
            the primary) or apply (a standby that has everything and is slow to show it).
    Heals by: letting the standby catch up, at once.
    Source: PostgreSQL, pg_stat_replication flush_lag and replay_lag; recovery_min_apply_delay.
    """

    kind: ClassVar[str] = "replica_lag"
    capability: ClassVar[Capability] = Capability.REPLICATION

    lag: Duration
    stage: Literal["receive", "apply"] = "receive"

    def model_post_init(self, _: object) -> None:
        """Refuse what would do nothing."""
        if not 0.001 <= self.lag <= 3600:
            raise ValueError(f"lag={self.lag:g}s; allowed: 1ms..1h")

    async def inject(self, control: ReplicationControl) -> None:
        """Let it fall behind."""
        await control.set_lag(self.service, self.lag, self.stage)

    def proof(self, seen: Seen) -> Proof:
        """The standby was as far behind as asked, and there were changes that it got late."""
        name = "apply_lag_s" if self.stage == "apply" else "lag_s"
        numbers: dict[str, Any] = {
            "lag_s": seen.early.state.get(name),
            "changes_delayed": seen.during("delayed"),
            "canary": canaries(seen.before, seen.early, seen.after),
        }
        bit = (numbers["lag_s"] or 0.0) >= self.lag and numbers["changes_delayed"] > 0
        return Proof(bit, "the standby got changes late", numbers)


FAULT = ReplicaLag
