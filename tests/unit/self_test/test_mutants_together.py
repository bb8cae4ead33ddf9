"""Mutants before their places: alone before the first ones, several at once before the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from harness.self_test.mutants import judging, passes, together
from harness.self_test.mutants.judging import KILLED, SURVIVED, Outcome, Sight, Trial
from harness.self_test.mutants.passes import NOT_RUN, Hands, Spent, first_pass, second_pass
from harness.self_test.mutants.sites import Mutant, mutants_of, source_with
from harness.self_test.mutants.together import TOGETHER, Group, cut_short, grouped, judge_together

SOURCE = """
def one(a):
    return a + 4

class Both:
    def two(self, b):
        return b + 2

    def three(self, c):
        return c + 3
"""
CHEAP, DEAR = passes.FIRST_S / 2, passes.FIRST_S


@pytest.fixture
def mutants(tmp_path: Path) -> list[Mutant]:
    """One of each function."""
    found = mutants_of("sums", _file(tmp_path))
    return [one for one in found if one.operator == "constant"]


def _file(folder: Path) -> Path:
    file = folder / "sums.py"
    file.write_text(SOURCE)
    return file


def _trials(mutants: Sequence[Mutant], folder: Path, **places: float) -> list[Trial]:
    return [Trial(one, "sums", folder / "sums.py", places) for one in mutants]


class Eyes:
    """Stands for runs: which place sees which function's mutant."""

    def __init__(self, seen: Mapping[str, str]) -> None:
        self.seen = seen
        self.looks: list[tuple[str, int]] = []

    def __call__(self, trials: Sequence[Trial], places: Mapping[str, float]) -> Sight:
        """See the first that there is to see."""
        for place in places:
            self.looks.append((place, len(trials)))
            if place in {self.seen.get(one.mutant.function) for one in trials}:
                return Sight(KILLED, place, ("loans_add_up",), cpu_s=1.0, looks=1)
        return Sight(SURVIVED, cpu_s=1.0, looks=len(places))


class Here:
    """A pool that does everything at once."""

    def submit(self, function: Any, /, *args: Any) -> Future[Any]:
        """Do it."""
        future: Future[Any] = Future()
        future.set_result(function(*args))
        return future


@pytest.mark.unit
def test_several_mistakes_stand_in_one_source(mutants: list[Mutant], tmp_path: Path) -> None:
    """As many as were asked for, each where it belongs."""
    text = source_with(mutants, tmp_path / "sums.py")
    assert text == SOURCE.replace("a + 4", "a + 5").replace("b + 2", "b + 3").replace(
        "c + 3", "c + 4"
    )


@pytest.mark.unit
def test_no_two_of_a_group_touch_one_another(mutants: list[Mutant], tmp_path: Path) -> None:
    """One within what another drops would never run."""
    trials = _trials(mutants, tmp_path, x=1.0)
    assert [len(one) for one in grouped(trials)] == [3]
    assert [len(one) for one in grouped(trials * 2)] == [3, 3]
    whole = Mutant("0", "sums", "Both", 1, 1, "dropped call", "", "", 0)
    assert [len(one) for one in grouped([*trials, *_trials([whole], tmp_path, x=1.0)])] == [3, 1]
    many = [Mutant(str(n), "sums", f"f{n}", 1, 1, "constant", "", "", 0) for n in range(9)]
    assert [len(one) for one in grouped(_trials(many, tmp_path, x=1.0))] == [TOGETHER, 1]


@pytest.mark.unit
def test_only_who_is_seen_alone_is_called_killed(
    mutants: list[Mutant], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what a place sees of one is not held against the others, there or later."""
    eyes = Eyes({"Both.two": "cheap"})
    monkeypatch.setattr(together, "seen_of", eyes)
    trials = _trials(mutants, tmp_path, cheap=1.0, dear=2.0)
    before = tuple(Outcome(SURVIVED, mutant=one, cpu_s=2.0, looks=3) for one in mutants)
    found = judge_together(Group(tuple(trials), before))
    assert [one.state for one in found] == [SURVIVED, KILLED, SURVIVED]
    assert (found[1].place, found[1].by) == ("cheap", ("loans_add_up",))
    assert [one.looks for one in found] == [5, 4, 5]
    assert eyes.looks == [("cheap", 3), ("cheap", 1), ("cheap", 1), ("cheap", 1), ("dear", 2)]
    assert sum(one.cpu_s for one in found) == pytest.approx(6.0 + len(eyes.looks))


@pytest.mark.unit
def test_all_are_begun_before_one_is_shown_to_every_place(
    mutants: list[Mutant], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a part that fits into the time is a fair one."""
    eyes = Eyes({"one": "cheap", "Both.two": "dear"})
    monkeypatch.setattr(together, "seen_of", eyes)
    monkeypatch.setattr(judging, "seen_of", eyes)
    said: list[str] = []
    trials = _trials(mutants, tmp_path, cheap=CHEAP, dear=DEAR)
    nowhere = Trial(Mutant("9", "sums", "four", 1, 1, "loop", "", "", 0), "sums", tmp_path, {})
    at = Hands(Here(), 1, said.append, Spent(0.0))
    begun = list(first_pass(at, [*trials, nowhere]))
    assert eyes.looks == [("cheap", 1)] * 3
    found = {one.mutant.function: one for one in second_pass(at, begun)}
    assert {name: one.place for name, one in found.items()} == {
        "one": "cheap", "Both.two": "dear", "Both.three": "", "four": "",
    }  # fmt: skip
    assert found["four"].why == NOT_RUN
    assert not any(one.unfinished for one in found.values())
    assert "2 not seen yet, in 1 groups" in said


@pytest.mark.unit
def test_out_of_time_a_survivor_is_told_as_unfinished(
    mutants: list[Mutant], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing has seen it, but not everything has looked; it counts as not seen."""
    monkeypatch.setattr(judging, "seen_of", Eyes({}))
    trials = _trials(mutants, tmp_path, cheap=CHEAP, dear=DEAR)
    begun = list(first_pass(Hands(Here(), 1, lambda _: None, Spent(0.0)), trials))
    late = Hands(Here(), 1, lambda _: None, Spent(1e-9))
    assert [one.unfinished for one in second_pass(late, begun)] == [True] * 3
    one = cut_short(begun[0][1])
    assert (one.seen, one.why) == (False, "time was over")
    assert not judge_together(Group(tuple(trials), tuple(o for _, o in begun), -1.0))[0].seen
