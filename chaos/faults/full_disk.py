"""The disk of the database is full."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._places import OnService, canaries
from harness.ports import Capability, DiskControl, Proof, Seen


class FullDisk(OnService):
    """Fills the volume of a database to the last byte.

    Effect: what has to be written fails, or the database ends; what is read may still be answered.
    Blast radius: the service; the volume has a size of its own, the machine's disk is not touched.
    Heals by: removing the file that fills it, and starting the database if it ended.
    """

    kind: ClassVar[str] = "full_disk"
    capability: ClassVar[Capability] = Capability.DISK

    async def inject(self, control: DiskControl) -> None:
        """Fill it."""
        await control.fill_disk(self.service)

    def proof(self, seen: Seen) -> Proof:
        """There was space before and afterwards, and next to none in between."""
        free = [one.counts.get("free_bytes", 0) for one in (seen.before, seen.early, seen.after)]
        numbers: dict[str, object] = {
            "free_bytes": dict(zip(("before", "during", "after"), free, strict=True)),
            "canary": canaries(seen.before, seen.late, seen.after),
        }
        bit = free[1] < min(free[0], free[2]) / 100
        return Proof(bit, "the volume was full", numbers)


FAULT = FullDisk
