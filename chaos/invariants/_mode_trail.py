"""The record of changes of modes that the service told at the end, and whether it hangs together.

number    1 ───── 2 ───── 3 ──┄ a life ends ┄── 4 ───── 5
of submit None>FULL   FULL>STANDIN       STANDIN>FULL (started)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from chaos.invariants._finding import bad
from harness.history import History
from harness.model import Op, Outcome, Phase

MODE_CHANGES = "mode_changes"
BEGUN = "started"
"""The reason of what is no change: a life of the service has begun."""


class Change(msgspec.Struct, frozen=True, rename={"old": "from", "new": "to"}):
    """One change, as the service tells it; `at_s` is on its own clock."""

    number: int
    operation: str
    old: str | None
    new: str
    reason: str
    at_s: float


class Trail(msgspec.Struct, frozen=True):
    """All that is told, in order, and the read that told it."""

    read: Op
    changes: Sequence[Change]

    def of(self, operation: str) -> list[Change]:
        """Those of one operation."""
        return [one for one in self.changes if one.operation == operation]

    def reaches(self, at_s: float) -> bool:
        """Whether it tells of that time; the latest changes alone are told."""
        first = self.changes[0] if self.changes else None
        return first is None or first.number == 1 or first.at_s <= at_s


def last_told(history: History) -> Trail | None:
    """As it was read last; None where nobody could."""
    reads = [op for op in history.ops(MODE_CHANGES, outcome=Outcome.OK)
             if op.phase == Phase.SETTLED]  # fmt: skip
    try:
        told = msgspec.convert(reads[-1].value.get("changes"), list[Change]) if reads else None
    except msgspec.ValidationError:
        return None
    return None if told is None else Trail(reads[-1], told)


def gaps(trail: Trail) -> Iterator[Mapping[str, object]]:
    """Changes that do not follow from those before them."""
    known: dict[str, str] = {}
    before: Change | None = None
    whole = bool(trail.changes) and trail.changes[0].number == 1
    for one in trail.changes:
        for wrong in _wrong(one, before, known, whole=whole):
            what = f"the record of modes says {wrong}"
            yield bad(trail.read.last_s, what, [trail.read.index], operation=one.operation)
        known[one.operation], before = one.new, one


def _wrong(
    one: Change, before: Change | None, known: Mapping[str, str], *, whole: bool
) -> Iterator[str]:
    name = f"change {one.number} ({one.operation} to {one.new})"
    if before is not None and one.number != before.number + 1:
        yield f"{name} right after change {before.number}"
    if before is not None and one.at_s < before.at_s:
        yield f"{name} was at {one.at_s:.2f} s, before change {before.number}"
    was = known.get(one.operation)
    if one.old != was and (whole or was is not None):
        yield f"{name} began from {one.old}, and it was {was}"
