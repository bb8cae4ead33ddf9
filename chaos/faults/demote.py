"""The primary of a database becomes read-only and stays alive."""

from __future__ import annotations

from typing import Any, ClassVar

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, Proof, ReplicationControl, Seen


class Demote(OnService):
    """Hands over to the standby in good order; the old primary lives on and takes no writes.

    Effect: nothing is lost. Connections to the old primary stay open, answer reads and refuse
    writes, until whoever holds them replaces them.
    Blast radius: the database.
    Heals by: making it the primary again.
    Source: Patroni and managed databases demote on a switchover; connection pools that test with
        `SELECT 1` keep such connections.
    """

    kind: ClassVar[str] = "demote"
    capability: ClassVar[Capability] = Capability.REPLICATION

    async def inject(self, control: ReplicationControl) -> None:
        """Make it read-only."""
        await control.demote(self.service)

    def proof(self, seen: Seen) -> Proof:
        """The old primary was read-only and refused at least one write."""
        numbers: dict[str, Any] = {
            "demoted": bool(seen.early.state.get("demoted")),
            "writes_refused": seen.during("refused"),
            "canary": canaries(seen.before, seen.early, seen.after),
        }
        bit = numbers["demoted"] and numbers["writes_refused"] > 0
        return Proof(bit, "a primary that was alive refused writes", numbers)


FAULT = Demote
