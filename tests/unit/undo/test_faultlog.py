"""The undo record is on disk before the harm, and whoever reads the file can heal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest

from harness.errors import HealFailed, PlaceTaken, RuntimeFailure
from harness.model import BlastRadius
from harness.ports import Capability, Observation, Proof, Seen, UndoRecord
from harness.undo.faultlog import FaultLog

RADIUS = BlastRadius(links=frozenset({"a->b"}))


@dataclass
class Control:
    """A link that remembers; `stubborn` ones ignore so many undos."""

    state: str = "clean"
    stubborn: int = 0
    calls: list[str] = field(default_factory=list)
    on_disk: Callable[[], list[str]] = list
    seen_on_disk: list[str] = field(default_factory=list)
    fails: bool = False

    async def healthy(self, where: str) -> Mapping[str, Any]:
        """Clean, whatever it is now."""
        return {"state": "clean"}

    async def break_(self, where: str) -> None:
        """Do it; half-way when it fails."""
        self.seen_on_disk = self.on_disk()
        self.state = "broken"
        if self.fails:
            raise RuntimeFailure("the server said no")

    async def observe(self, where: str) -> Observation:
        """Nothing to see."""
        return Observation(0.0, "ok", 0.0)

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Go back, unless stubborn."""
        self.calls.append("undo")
        if self.stubborn:
            self.stubborn -= 1
        else:
            self.state = record.restore["state"]

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Compare."""
        return bool(self.state == record.restore["state"])


@dataclass
class Harm:
    """A fault."""

    kind: ClassVar[str] = "harm"
    capability: ClassVar[Capability] = Capability.LINKS
    where: str = "a->b"
    blast: BlastRadius = RADIUS

    async def inject(self, control: Control) -> None:
        """Break it."""
        await control.break_(self.where)

    def proof(self, seen: Seen) -> Proof:
        """Not asked here."""
        return Proof(True, "")


def test_the_record_is_on_disk_before_the_harm(tmp_path: Path) -> None:
    """A kill between the two leaves a record without harm, never harm without a record."""
    log, control = FaultLog(tmp_path / "faults.jsonl"), Control()
    control.on_disk = lambda: [entry.state for entry in FaultLog(log.path).entries()]
    asyncio.run(log.inject(Harm(), control, 5.0))
    assert control.seen_on_disk == ["prepared"]
    assert [entry.state for entry in log.active()] == ["injected"]


def test_another_process_heals_from_the_file_alone(tmp_path: Path) -> None:
    """The record holds all that an undo needs."""
    log, control = FaultLog(tmp_path / "faults.jsonl"), Control()
    asyncio.run(log.inject(Harm(), control, 5.0))
    other = FaultLog(log.path, by="watchdog")
    (entry,) = other.active()
    asyncio.run(other.heal(entry, control))
    assert control.state == "clean"
    assert [(e.state, e.by) for e in log.entries()] == [("healed", "watchdog")]


def test_an_injection_that_fails_half_way_is_undone_and_reported(tmp_path: Path) -> None:
    """Half a fault is a fault."""
    log, control = FaultLog(tmp_path / "faults.jsonl"), Control(fails=True)
    with pytest.raises(RuntimeFailure, match="harm at a->b: the server said no"):
        asyncio.run(log.inject(Harm(), control, 5.0))
    assert control.state == "clean"
    assert log.active() == []


def test_an_undo_that_does_not_take_is_repeated(tmp_path: Path) -> None:
    """Read back decides, not the answer of the call."""
    log, control = FaultLog(tmp_path / "faults.jsonl"), Control(stubborn=2)

    async def both() -> None:
        await log.heal(await log.inject(Harm(), control, 5.0), control)

    asyncio.run(both())
    assert control.calls == ["undo"] * 3
    assert log.active() == []


def test_an_undo_that_cannot_be_proven_is_never_silent(tmp_path: Path) -> None:
    """It stays on the list and raises, which ends in exit 5."""
    log, control = FaultLog(tmp_path / "faults.jsonl"), Control(stubborn=99)

    async def both() -> None:
        await log.heal(await log.inject(Harm(), control, 5.0), control)

    with pytest.raises(HealFailed, match="harm at a->b may still be active"):
        asyncio.run(both())
    assert [entry.state for entry in log.active()] == ["unproven"]


def test_nobody_tries_again_where_somebody_else_has_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The programs' end, which undoes it, is not kept waiting."""
    log, control = FaultLog(tmp_path / "faults.jsonl"), Control()
    calls = []

    async def taken(record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        calls.append(record)
        raise PlaceTaken("somebody else listens")

    async def both() -> None:
        entry = await log.inject(Harm(), control, 5.0)
        monkeypatch.setattr(control, "undo", taken)
        await log.heal(entry, control)

    with pytest.raises(HealFailed, match="somebody else listens"):
        asyncio.run(both())
    assert len(calls) == 1


def test_a_torn_last_line_is_ignored_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    """A process killed in the middle of a write leaves half a line."""
    log, control = FaultLog(tmp_path / "faults.jsonl"), Control()
    asyncio.run(log.inject(Harm(), control, 5.0))
    with log.path.open("ab") as stream:
        stream.write(b'{"id": "f1", "state": "hea')
    assert [entry.state for entry in log.active()] == ["injected"]
    asyncio.run(log.heal(log.active()[0], control))
    assert log.active() == []


def test_what_was_prepared_and_never_injected_is_not_active(tmp_path: Path) -> None:
    """A stop between the two: nobody has to heal it."""
    log, control = FaultLog(tmp_path / "faults.jsonl"), Control()
    log.cancel(asyncio.run(log.prepare(Harm(), control, 5.0)))
    assert (log.active(), control.state) == ([], "clean")


def test_an_undo_learns_of_others_that_hold_and_not_of_those_to_come(tmp_path: Path) -> None:
    """Two faults at one place, a third that is only prepared; also for another process."""
    log, told = FaultLog(tmp_path / "faults.jsonl"), list[Sequence[UndoRecord]]()

    class Two(Control):
        """Takes down who else is there."""

        async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
            """Note it."""
            told.append(others)
            await super().undo(record, others)

    async def story() -> None:
        control = Two()
        first, second = [await log.inject(Harm(), control, 5.0) for _ in range(2)]
        third = await log.prepare(Harm(), control, 5.0)
        await FaultLog(log.path, by="watchdog").heal(first, control)
        log.cancel(third)
        await log.heal(second, control)

    asyncio.run(story())
    assert [len(others) for others in told] == [1, 0]
