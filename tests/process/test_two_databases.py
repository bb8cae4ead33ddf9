"""A real PostgreSQL with a standby: what a promotion keeps, what it loses, and the way back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.ports import Capability, UndoRecord
from harness.runtimes.process.runtime import ProcessRuntime
from harness.runtimes.real.pair import Pair
from harness.target import LinkSpec, ServiceSpec
from tests.process.a_run import in_loop, started
from tests.process.trivial_target import BACK, DATABASE, FRONT, IN, OUT, Trivial

pytestmark = pytest.mark.process
B = ServiceSpec("b", "", "standby", needs=("database",), protocol="postgres", standby_of="database")
WAYS = tuple(LinkSpec(f"{one}->{two}", one, two, "postgres") for one, two in (
    ("b", "database"), ("database", "b"),
))  # fmt: skip
PAIR = Trivial((replace(FRONT, needs=("back", "b")), BACK, DATABASE, B), (IN, OUT, *WAYS))
WRITE = "INSERT INTO notes VALUES ('{}') RETURNING note"
NOTES = "SELECT string_agg(note, ' ' ORDER BY note) FROM notes"


def test_what_the_standby_had_not_got_is_lost_and_the_old_primary_follows(tmp_path: Path) -> None:
    """And again, the other way round: each has been the primary and the standby of the other."""

    async def run() -> None:
        async with started(tmp_path, PAIR) as runtime:
            control = runtime.capability(Capability.REPLICATION)
            pair: Pair = control._pair("database")
            await pair.ask("database", "CREATE TABLE notes (note text)")
            for number, primary in enumerate(("database", "b")):
                await write(pair, primary, f"{number}-kept")
                await lose_after(runtime, control, pair, f"{number}-lost")
                assert pair.primary == pair.other(primary)
                assert not await pair.split()
                assert pair.lost == number + 1
            await write(pair, "database", "2-last")
            kept = "0-kept 1-kept 2-last"
            assert [await pair.ask(one, NOTES) for one in pair.names] == [kept, kept]

    in_loop(run, within_s=120)


async def write(pair: Pair, primary: str, note: str) -> None:
    """Write it, and wait until the standby shows it."""
    await pair.in_step()
    await pair.ask(primary, WRITE.format(note))
    await pair.caught_up(primary)


async def lose_after(runtime: ProcessRuntime, control: Any, pair: Pair, note: str) -> None:
    """Cut the standby off, write something, lose the primary, let the standby take over."""
    old = pair.primary
    record = UndoRecord(
        Capability.REPLICATION, "database", await control.healthy("database"),
        [("lose_primary", "database", 0.5)],
    )  # fmt: skip
    await control.lose_primary("database", 0.5)
    await pair.ask(old, WRITE.format(note))
    while await pair.lives(old):
        await runtime.clock.sleep(0.02)
    await control.undo(record)
    assert await control.undone(record)
