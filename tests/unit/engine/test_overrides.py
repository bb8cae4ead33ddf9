"""What a command line sets in place of what a document says: before validation, and to be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.document import as_run, find_experiment, load_experiment
from harness.errors import ConfigError
from harness.experiment import Experiment
from harness.overrides import Overrides
from harness.registry import load_vocabulary

GOOD = """\
title: A gateway that is ${how}, written $${how}
vars: {how: slow, delay: 300ms, starts: 5s, weight: 1, share: 0.99}
load: {arrivals: 20/s, journeys: {consumer: "${weight}"}}
steady-state-hypothesis:
  title: served
  probes: [{name: acks, measure: ok_ratio, of: submit, tolerance: ">= ${share}"}]
method:
  - {at: "${starts}", for: 4s, fault: latency, link: lending->payment_a, delay: "${delay}"}
recovery: 8s
invariants: [no_double_payout]
blast-radius: {links: [lending->payment_a]}
"""
STAGED = "load: {stages: [{for: 20s, arrivals: 8/s}], journeys: {consumer: 1}}"
LOAD = 'load: {arrivals: 20/s, journeys: {consumer: "${weight}"}}'


def load(folder: Path, text: str = GOOD, **asked: Any) -> Experiment:
    """The experiment of a document with these overrides."""
    path = folder / "doc.yaml"
    path.write_text(text)
    return load_experiment(path, load_vocabulary(), Overrides(**asked))


def problems(folder: Path, text: str = GOOD, **asked: Any) -> str:
    """What is said against it."""
    with pytest.raises(ConfigError) as refused:
        load(folder, text, **asked)
    return str(refused.value)


def test_a_variable_stands_for_its_default_until_the_command_line_says_otherwise(
    tmp_path: Path,
) -> None:
    """Also inside of a text, and as a number where a number has to stand."""
    written = load(tmp_path)
    assert written.title == "A gateway that is slow, written ${how}"
    assert (written.baseline_s, written.journeys) == (5.0, {"consumer": 1})
    assert vars(written.steps[0].fault)["delay"] == 0.3
    changed = load(tmp_path, vars=("how=late", "delay=2s", "starts=6s", "weight=3"))
    assert changed.title.startswith("A gateway that is late")
    assert (changed.baseline_s, changed.journeys) == (6.0, {"consumer": 3})
    assert vars(changed.steps[0].fault)["delay"] == 2.0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("dellay=2s", "no variable 'dellay'; did you mean 'delay'?"),
        ("dellay=2s", "allowed: how, delay, starts, weight, share"),
        ("delay", "'delay' has no value"),
        ("weight=1.5", "'1.5' is not a whole number"),
        ("weight=9e99", "is not a whole number"),
        ("share=nan", "'nan' is not a number"),
        ("share=1e400", "'1e400' is not a number"),
        ("how=\x1b[2J", "character U+001B"),
        ("how=${delay}", "a variable within a variable"),
        ("how=" + "x" * 300, "300 characters"),
    ],
)
def test_a_variable_that_cannot_be_set_is_refused_with_what_can(
    given: str, said: str, tmp_path: Path
) -> None:
    """The names that there are, and the kind of value."""
    assert said in problems(tmp_path, vars=(given,))
    assert "\x1b" not in problems(tmp_path, vars=(given,))


def test_a_value_that_does_not_suit_its_place_is_named_with_where_it_comes_from(
    tmp_path: Path,
) -> None:
    """The line of the document alone would show a value that nobody wrote there."""
    said = problems(tmp_path, vars=("delay=fast",))
    assert "doc.yaml:8:" in said
    assert "'fast' is no duration" in said
    assert "${delay} is 'fast'" in said
    assert "given twice" in problems(tmp_path, vars=("delay=1s", "delay=2s"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("${how},", "${hwo},", "unknown variable 'hwo'; did you mean 'how'?"),
        ("${how},", "${how,", "has no }"),
        ("delay: 300ms,", "delay: [300ms],", "vars.delay: ['300ms'] is no text"),
        ("delay: 300ms,", "delay: null,", "vars.delay: None is no text"),
        ("how: slow,", "How: slow,", "the variable 'How'"),
        ("how: slow,", "how: slow, more: 1,", "the variable more is used nowhere"),
        ("{how: slow, delay: 300ms, starts: 5s, weight: 1, share: 0.99}", "[a]", "vars: ['a']"),
        ('"${delay}"', "${delay}", 'put it in quotes: "${name}"'),
    ],
)
def test_a_mistake_with_variables_is_named(old: str, new: str, said: str, tmp_path: Path) -> None:
    """In the document, with its place."""
    text = problems(tmp_path, GOOD.replace(old, new, 1))
    assert said in text
    assert "doc.yaml:" in text


def test_rate_and_length_replace_what_the_document_says(tmp_path: Path) -> None:
    """The recovery window takes what the faults leave."""
    asked = load(tmp_path, rate="90/m", run_time="30s")
    assert (asked.arrivals_per_s, asked.load_s, asked.recovery_s) == (1.5, 30.0, 21.0)
    assert asked.objectives.recovery_s == 10.5
    alone = GOOD.split("method:")[0] + "method: []\nrecovery: 8s\ninvariants: [no_double_payout]\n"
    alone = alone.replace("delay: 300ms, starts: 5s, ", "")
    assert load(tmp_path, alone, run_time="40s").load_s == 40.0


@pytest.mark.parametrize(
    ("asked", "text", "said"),
    [
        ({"rate": "20"}, GOOD, "'20' is no rate"),
        ({"rate": "-1/s"}, GOOD, "out of range"),
        ({"rate": "nan/s"}, GOOD, "is no rate"),
        ({"rate": "9999/s", "run_time": "1h"}, GOOD, "arrivals in 3600 s"),
        ({"rate": "5/s"}, GOOD.replace(LOAD, STAGED).replace("weight: 1, ", ""), "has stages"),
        ({"run_time": "20s"}, GOOD.replace(LOAD, STAGED).replace("weight: 1, ", ""), "has stages"),
        ({"run_time": "20"}, GOOD, "'20' is no duration"),
        ({"run_time": "0s"}, GOOD, "ends before the last fault is undone, at 9 s"),
        ({"run_time": "9s"}, GOOD, "ends before the last fault is undone, at 9 s"),
        ({"run_time": "14s"}, GOOD + "objectives: {recovery: 6s}\n", "not longer than its objec"),
        ({"run_time": "14s"}, GOOD + "objectives: {recovery: 6s}\n", "--run-time 14s leaves 5s"),
    ],
)
def test_a_rate_or_length_that_cannot_hold_is_refused(
    asked: dict[str, Any], text: str, said: str, tmp_path: Path
) -> None:
    """Before anything is started."""
    assert said in problems(tmp_path, text, **asked)


def test_repeated_faults_count_to_their_last_undo(tmp_path: Path) -> None:
    """A run must not end in the middle of a flapping link."""
    text = GOOD.replace("for: 4s,", "for: 1s, repeat: 3, every: 4s,")
    assert "at 14 s" in problems(tmp_path, text, run_time="12s")
    assert load(tmp_path, text, run_time="24s").recovery_s == 10.0


def test_what_is_kept_of_a_run_is_what_was_run(tmp_path: Path) -> None:
    """Read again without the command line, it is the same experiment."""
    asked = load(tmp_path, vars=("how=late", "delay=2s"), rate="12/s", run_time="30s")
    kept = tmp_path / "kept" / "doc.yaml"
    kept.parent.mkdir()
    kept.write_text(as_run(tmp_path / "doc.yaml", asked))
    again = load_experiment(kept, load_vocabulary())
    assert again == asked
    shipped = find_experiment("X07")
    written = shipped.read_text()  # comments and all
    assert as_run(shipped, load_experiment(shipped, load_vocabulary())) == written
