"""New ids are not compared with those that exist."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.domain import Record
from lending_service.intake import Intake


async def next_id(self: Intake, prefix: str, kind: type[Record]) -> str:
    """The next id of the dice, which begin anew with each start."""
    return f"{prefix}{self._parts.dice.getrandbits(48):012x}"


DEFECT = Defect(
    name="ids_repeat_after_restart",
    about="After a restart ids come again, and a new application takes the place of an old one.",
    expects=("answers_are_ones_own", "terminal_states_immutable"),
    swaps=(Swap(Intake, "_free_id", next_id),),
)
