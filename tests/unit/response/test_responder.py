"""What is done by a runbook when people are late, absent or wrong; in virtual time."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.history import HistoryWriter
from harness.history_reader import read_history
from harness.looks import Stop
from harness.people import People
from harness.ports import Runtime
from harness.registry import load_vocabulary
from harness.response.responder import Responder, Surroundings
from harness.response.runbook import Runbook, load_runbook
from harness.response.terminal import at_terminal
from harness.runtimes.sim.clock import VirtualClock
from harness.runtimes.sim.loop import run

RUNBOOK = load_runbook(load_vocabulary().runbooks["primary_lost"])


class World(dict[str, int]):
    """Users who fail from 1 s on, until the right place is mended."""

    def __init__(self, wrong: str = "database") -> None:
        self.mended: list[str] = []
        self.told: list[tuple[str, str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self._wrong = wrong
        self._clock = VirtualClock(lambda: asyncio.get_running_loop().time())

    def get(self, name: str, _: Any = 0) -> Any:
        """Ten operations a second."""
        ended = int(10 * self._clock.now_s())
        if name == "operations":
            return ended
        return 0 if self._wrong in self.mended or ended < 10 else ended - 10

    async def mend(self, where: str) -> bool:
        """At once."""
        self.mended.append(where)
        return where == self._wrong

    def steps(self, runbook: Runbook, **after_s: float) -> list[tuple[str, bool]]:
        """Each step, and whether it was done, when people answer so late (0: not at all)."""

        async def respond() -> None:
            people = People(self._clock)
            for person, late_s in after_s.items():
                await people.hold_up(person, late_s)

            def append(**event: Any) -> None:
                self.events.append(event)
                self.told.append((event["f"], event["k"], event["v"]))

            runtime = SimpleNamespace(clock=self._clock, capability=lambda _: people)
            world = Surroundings(cast(Runtime, runtime), self, self.mend, Stop())
            await Responder(runbook, world, append).watch()

        run(respond(), 1)
        ends = [(step, v) for f, step, v in self.told if f == "step" and not v["begins"]]
        return [(step, v["done"]) for step, v in ends]


def test_who_answers_decides_and_it_is_mended() -> None:
    """Nobody else is asked."""
    world = World()
    names = ["page the first", "decide", "promote the standby"]
    assert world.steps(RUNBOOK) == [(name, True) for name in names]
    assert world.mended == ["database"]


def test_what_was_done_can_be_read_again(tmp_path: Path) -> None:
    """By whoever judges the run once more, or was sent its folder."""
    world, path = World(), tmp_path / "history.jsonl"
    world.steps(RUNBOOK, first=0.5)
    with path.open("wb") as stream:
        writer = HistoryWriter(stream, {})
        for event in world.events:
            writer.append(**event)
        writer.close(10**10)
    assert [event.f for event in read_history(path).of("response")] == [f for f, *_ in world.told]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (0, 1.0, ["page the second", "decide", "promote the standby"]),
        (3.0, 0, ["promote the standby"]),
    ],
)
def test_without_an_answer_in_time_the_next_one_is_asked_and_in_the_end_nobody(
    first: float, second: float, expected: list[str]
) -> None:
    """Late is as good as never; the safe default is done by nobody's leave."""
    done = World().steps(RUNBOOK, first=first, second=second)
    assert [name for name, well in done if well] == expected


def test_a_step_at_the_wrong_place_is_not_taken_for_done() -> None:
    """What users get tells."""
    world = World(wrong="payment_a")
    assert world.steps(RUNBOOK)[-1] == ("promote the standby", False)
    assert world.told[-1] == ("over", "promote the standby", {"done": False})


def test_a_real_person_answers_by_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked is said; the first line is the answer."""
    reading, writing = os.pipe()
    said: list[str] = []

    async def ask() -> None:
        asked = asyncio.Event()

        def say(text: str) -> None:
            said.append(text)
            asked.set()

        asking = asyncio.ensure_future(at_terminal(say)("first: Is it gone?"))
        await asked.wait()
        assert not asking.done()
        os.write(writing, b"\n")
        await asyncio.wait_for(asking, 5)

    with os.fdopen(reading) as stdin, os.fdopen(writing):
        monkeypatch.setattr("sys.stdin", stdin)
        asyncio.run(ask())
    assert said == ["first: Is it gone?  [Enter]"]


@pytest.mark.parametrize("stdin", ["ended", "/dev/null", "closed"])
def test_where_nobody_sits_nobody_has_answered(stdin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision by hand is none that the end of a pipe has taken."""
    reading, writing = os.pipe()
    os.close(writing)
    said: list[str] = []

    async def ask() -> None:
        async with asyncio.timeout(0.1):
            await at_terminal(said.append)("first: Is it gone?")

    with os.fdopen(reading) as ended, Path(os.devnull).open() as null:
        given = {"ended": ended, "/dev/null": null, "closed": None}[stdin]
        monkeypatch.setattr("sys.stdin", given)
        with pytest.raises(TimeoutError):
            asyncio.run(ask())
    assert "nobody answers" in said[-1]
