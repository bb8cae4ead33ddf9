"""The harness can see: each planted defect is caught, and the good design raises no alarm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.cli.self_test import self_test_command
from harness.errors import ConfigError
from harness.explore import sim_run
from harness.explore.workers import cores
from harness.history import HistoryWriter
from harness.pool.hands import Where
from harness.registry import experiment_files, load_vocabulary
from harness.self_test.checks import EXPLORE, SEED, WHOLE, Caught, Cell, clean, scout
from harness.self_test.defects import defects_of, load_defects
from harness.self_test.pool import Plan, Report, self_test

WORDS = load_vocabulary()
DEFECTS = defects_of(WORDS.target, WORDS.source.ref)
SEEDS = len(experiment_files())  # of the good design: each experiment once
QUIET = "x77_payout_declined"  # nothing is unknown there
HARMLESS = """
from contextlib import ExitStack
from harness.self_test.defects import Defect
DEFECT = Defect("harmless", "Nothing is wrong.", ("no_double_payout",), plant=ExitStack)
"""


@pytest.mark.sim
def test_every_planted_defect_is_caught_and_the_good_design_is_left_alone() -> None:
    """A harness that misses one of these would have missed it in a real service too.

    A defect is left as soon as it is caught; `make nightly` looks at each in every place, and at
    the good design with 200 seeds.
    """
    report = self_test(Plan(DEFECTS, SEEDS, quick=True, where=Where(cores())), lambda _: None)
    assert [one.name for one in report.missed] == []
    assert [(cell.place, cell.seed, cell.why) for cell in report.alarms] == []
    assert len(report.caught) >= 42
    assert len(report.clean) == SEEDS + 1


def test_defects_name_themselves_and_expect_what_exists() -> None:
    """A typing mistake must not turn a defect into one that cannot be caught."""
    known = load_vocabulary().invariants
    for defect in load_defects(DEFECTS):
        assert defect.about.endswith(".")
        assert defect.expects
        assert set(defect.expects) <= set(known), defect.name
        assert defect.first in {"", EXPLORE, *experiment_files()}, defect.name


@pytest.mark.sim
@pytest.mark.nightly
def test_what_nothing_sees_is_called_missed_only_after_all_of_the_load(tmp_path: Path) -> None:
    """The self-test can fail; and where less load shows nothing, the whole load is tried."""
    (tmp_path / "harmless.py").write_text(HARMLESS)
    report = self_test(Plan(tmp_path, 0, quick=False, where=Where(cores())), lambda _: None)
    assert [one.name for one in report.missed] == ["harmless"]
    cells = report.caught[0].cells
    assert {(cell.verdict, cell.load) for cell in cells} == {("pass", WHOLE)}
    assert len(cells) == len(experiment_files()) + 1
    assert report.exit_code == 1


@pytest.mark.sim
def test_a_defect_whose_function_is_never_called_leaves_the_run_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is called untouched is not run, so it has to be the good design's run, bit for bit."""
    ends: list[str] = []

    class Digesting(HistoryWriter):
        def close(self, t: int) -> str:
            ends.append(super().close(t))
            return ends[-1]

    monkeypatch.setattr(sim_run, "HistoryWriter", Digesting)
    called = scout(QUIET, DEFECTS)
    untouched = [one for one in load_defects(DEFECTS) if not one.strikes(called)]
    for defect in untouched:
        with defect.planted():
            clean(QUIET, SEED)
    assert len(untouched) >= 5
    assert len(set(ends)) == 1


def test_a_missed_defect_and_an_alarm_each_fail_the_self_test() -> None:
    """Exit 0 means both: all caught, nobody accused."""
    good = Cell("x01", 1, "pass", {})
    bad = Cell("x01", 1, "fail", {"no_double_payout": 7.5}, "M1")
    caught = Caught("a", "A.", ("no_double_payout",), (bad,))
    missed = Caught("b", "B.", ("loans_add_up",), (bad,))
    assert Report((caught,), (good,), 1.0).exit_code == 0
    assert Report((caught, missed), (good,), 1.0).exit_code == 1
    assert Report((caught,), (bad,), 1.0).exit_code == 1


def test_a_folder_without_defects_is_refused(tmp_path: Path) -> None:
    """Nothing would have been looked at, and nothing missed."""
    with pytest.raises(ConfigError, match="a folder of files that define DEFECT"):
        self_test_command(tmp_path / "nowhere", 0, 1, quick=True, output="text")


def test_a_file_without_a_defect_is_named(tmp_path: Path) -> None:
    """Also when its DEFECT has another name."""
    (tmp_path / "other.py").write_text(HARMLESS)
    with pytest.raises(ConfigError, match="a Defect with the name 'other'"):
        load_defects(tmp_path)


@pytest.mark.sim
def test_the_verb_prints_who_saw_what(tmp_path: Path) -> None:
    """A table for people, the same as JSON for programs."""
    file = tmp_path / "key_ignored.py"
    file.write_text((DEFECTS / "key_ignored.py").read_text(encoding="utf-8"))
    asked = ["self-test", "--defects", str(tmp_path), "--seeds", "1", "--workers", "1", "--quick"]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0
    assert "caught   1 of 1 planted defects" in shown.stdout
    told = json.loads(CliRunner().invoke(app, [*asked, "--output", "json"]).stdout)
    assert told["defects"][0]["name"] == "key_ignored"
    assert "same_key_same_result" in told["defects"][0]["cells"][0]["broken"]
