"""Somebody who is on call does not answer, or answers late."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from harness.model import BlastRadius
from harness.ports import Capability, PeopleControl, Proof, Seen
from harness.units import Duration


class Absent(BaseModel):
    """Somebody whom a runbook pages does not answer, or answers `late`.

    Effect: the step waits until its time is up; what is done then, the runbook says.
    Blast radius: none of the system; needs `on-call: true` and a design with a runbook.
    Args:
        person: as a runbook names whom it pages.
        late: 0s .. 1h, answers so much later than paged; 0s: not at all.
    Heals by: the person is there again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ClassVar[str] = "absent"
    capability: ClassVar[Capability] = Capability.PEOPLE

    person: str
    late: Duration = 0.0

    @property
    def where(self) -> str:
        """The person."""
        return self.person

    @property
    def blast(self) -> BlastRadius:
        """Nothing of the system."""
        return BlastRadius()

    async def inject(self, control: PeopleControl) -> None:
        """Hold somebody up."""
        await control.hold_up(self.person, self.late)

    def proof(self, seen: Seen) -> Proof:
        """The person was paged, and did not answer or answered late."""
        numbers = {name: seen.during(name) for name in ("paged", "answered")}
        bit = numbers["paged"] > 0 and (self.late > 0 or numbers["answered"] == 0)
        return Proof(bit, "somebody was paged and did not answer in time", numbers)


FAULT = Absent
