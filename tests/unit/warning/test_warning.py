"""Early warning: what detectors see, how they are scored, and what a broken one comes to."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from harness.cli.endings import known
from harness.cli.main import app
from harness.clock import NS
from harness.detector import Sample
from harness.errors import ConfigError
from harness.history import Event, History
from harness.registry import load_vocabulary
from harness.target import Target
from harness.warning.page import page
from harness.warning.samples import Watched, watched
from harness.warning.score import Asked, as_data, score

TARGET = cast("Target", SimpleNamespace(degraded=lambda _: False))
QUIET, END = 60, 100


def event(i: int, t_s: float, type_: str, p: str, src: str = "client", **values: Any) -> Event:
    """Of an operation, or of the nemesis."""
    return Event(i=i, t=round(t_s * NS), p=p, type=type_, f="buy", k=p, v=values, src=src)


def run(name: str, rises_s: float, harmed_s: Sequence[float] = (80.0,)) -> Watched:
    """A run in which one signal moves a little while it is quiet, and goes up from a moment on."""
    values = [0.01 * (t % 3) + (0.5 if t >= rises_s else 0.0) for t in range(END)]
    samples = tuple(Sample(float(t), {"failed": value}) for t, value in enumerate(values))
    return Watched(name, float(QUIET), samples, tuple(harmed_s))


class Plain:
    """As strange as its one signal is high."""

    name = "plain"

    def learn(self, quiet: Sequence[Sequence[Sample]]) -> None:
        """Nothing."""

    def watch(self) -> Callable[[Sample], float]:
        """The signal."""
        return lambda sample: sample.values["failed"]


def test_a_sample_knows_nothing_of_what_comes_after_it() -> None:
    """An answer counts once it is there; until then its operation waits."""
    history = History([
        event(0, 1.0, "invoke", "a/1"),
        event(1, 2.5, "invoke", "b/1"),
        event(2, 4.5, "ok", "a/1"),
        event(3, 7.0, "info", "b/1"),
        event(4, 8.0, "info", "c/1", src="clock"),
    ])  # fmt: skip
    seen = watched("run", history, TARGET)
    at = {one.t_s: one.values for one in seen.samples}
    assert (at[4.0]["answered"], at[4.0]["waiting_s"]) == (0.0, 3.0)
    assert at[5.0]["waiting_s"] == 2.5
    assert (at[6.0]["failed"], at[7.0]["failed"]) == (0.0, 0.5)
    assert seen.harmed_s == (7.0,)


def test_lead_is_from_red_to_the_first_harmed_user_and_limits_come_from_other_runs() -> None:
    """Below 0 where the user came first; who was harmed before red is counted."""
    early, late = run("early", 70, (80.0, 81.0)), run("late", 90, (80.0, 81.0, 95.0))
    found = score("plain", Plain, [early, late], Asked(24, users=2), lambda: 0.0)
    leads = {one.run: (one.red_s, one.lead_s, one.harmed_before) for one in found.runs}
    assert leads == {"early": (70.0, 10.0, 0), "late": (90.0, -10.0, 2)}
    assert (found.false_alarms, found.share_in_time(2)) == (0, 0.5)


def test_what_rings_before_anything_was_injected_is_a_false_alarm() -> None:
    """And no warning: the run is judged from its first fault on."""
    found = score("plain", Plain, [run("a", 70), run("b", 20)], Asked(), lambda: 0.0)
    assert found.false_alarms == 1
    assert {one.run: one.red_s for one in found.runs} == {"a": None, "b": 61.0}


def test_what_is_usual_with_one_design_is_no_alarm_with_the_other() -> None:
    """Of each design half is learned, however the two stand beside one another."""

    class Kept(Plain):
        """As strange as what it has not seen."""

        def learn(self, quiet: Sequence[Sequence[Sample]]) -> None:
            self.usual = {one.values["failed"] for run in quiet for one in run}

        def watch(self) -> Callable[[Sample], float]:
            return lambda sample: float(sample.values["failed"] not in self.usual)

    def of(design: str, number: int) -> Watched:
        found = run(f"X{number:02} {design} 1", 0 if design == "naive" else 70)
        return replace(found, design=design)

    runs = [of(design, number) for number in range(4) for design in ("hardened", "naive")]
    assert score("kept", Kept, runs, Asked(), lambda: 0.0).false_alarms == 0


@pytest.mark.parametrize("name", sorted(load_vocabulary().detectors))
def test_every_detector_that_comes_along_tells_a_rise_from_what_is_ordinary(name: str) -> None:
    """It is given a signal that it knows, at a height that it has never seen."""
    detector = load_vocabulary().detectors[name]()
    quiet, rising = run("quiet", END).samples, run("rising", 70).samples
    detector.learn([quiet, quiet])
    watch = detector.watch()
    odd = {one.t_s: watch(one) for one in rising}
    assert odd[75.0] > max(odd[float(t)] for t in range(10, 70))


def test_a_detector_that_raises_or_is_slow_is_named() -> None:
    """Its error is no traceback, and the remedy says where its file is."""

    class Broken(Plain):
        def watch(self) -> Callable[[Sample], float]:
            return lambda sample: sample.values["nothing of that name"]

    seconds = iter([0.0, 60.0])
    with pytest.raises(ConfigError, match="detector mine raised KeyError"):
        score("mine", Broken, [run("a", 70), run("b", 70)], Asked(), lambda: 0.0)
    with pytest.raises(ConfigError, match="mine takes 300 ms a sample; allowed: at most 50 ms"):
        score("mine", Plain, [run("a", 70), run("b", 70)], Asked(), lambda: next(seconds))


def test_a_folder_without_runs_says_how_to_make_some(tmp_path: Path) -> None:
    """Nothing can be learned from nothing."""
    result = CliRunner().invoke(app, ["warn", "score", str(tmp_path)])
    error = result.exception
    assert isinstance(error, ConfigError)
    assert known(error)[0] == 2
    assert "0 recorded runs" in str(error)
    assert "harness suite nightly --runtime sim" in str(error)


def test_the_page_has_the_numbers_of_the_score() -> None:
    """What is read by people is what is read by scripts."""
    asked = Asked(24, users=2)
    scored = score("plain", Plain, [run("<b>", 70), run("late", 90)], asked, lambda: 0.0)
    data = {"false_alarms_per_day": 24, "users": 2, "runs": 2, "detectors": [as_data(scored, 2)]}
    html = page(json.loads(json.dumps(data)))
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert '<th scope="row">plain</th><td class="num">100' in html
