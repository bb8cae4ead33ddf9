"""A lender's own target: recorded with its content by a run, and read from there afterwards."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from harness.self_test.checks import DefectSearch, Subject, check_defect, context
from harness.self_test.defects import defects_of
from tests.hostile import fill, harness
from tests.own_target import lender

ROOT = Path(__file__).parents[2]
YAML, DEFECTS = ROOT / "docs/examples/mylender/target.yaml", ROOT / "chaos/defects"
NAMED = ('include = ("chaos",)', 'include, defects = ("chaos",), "defects"')
RUN = ("--runtime", "sim", "--seed", "1", "--design", "ours", "--target", "target.py")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of its own target, among modules that have the names of ours."""
    folder = tmp_path_factory.mktemp("lender")
    fill(folder)
    lender(folder)
    run = harness(folder, "run", "X90", *RUN)
    assert (run.returncode, "PASS" in run.stdout) == (0, True), run.stdout + run.stderr
    return folder


def test_a_run_records_its_target_and_the_command_names_it(ran: Path) -> None:
    """Path, content and name; the repeat command is complete."""
    run = json.loads((ran / "runs/x90_slower/latest/run.json").read_text())
    assert run["target"]["source"] == str(ran / "target.py")
    assert (run["target"]["name"], len(run["target"]["sha256"])) == ("mine", 64)
    assert run["command"].endswith("--target target.py")


def test_report_and_replay_take_the_target_from_the_run(ran: Path) -> None:
    """Nobody has to remember which it was."""
    report = harness(ran, "report")
    assert (report.returncode, "submitted" in report.stdout) == (0, True), report.stderr
    replay = harness(ran, "replay")
    assert (replay.returncode, replay.stdout[:4]) == (0, "same"), replay.stderr


def test_a_search_takes_the_targets_journeys(ran: Path) -> None:
    """By their names, in every worker."""
    argv = ("--target", "target.py", "--journey", "buyer", "--design", "ours")
    search = harness(ran, "explore", *argv, "--faults", "1", "--no-swarm", "--workers", "2")
    assert (search.returncode, "NOTHING BREAKS" in search.stdout) == (0, True), search.stderr


def test_the_self_test_takes_a_target_with_its_defects(
    ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted into its design, looked at by its experiments; a folder beside the file is found."""
    monkeypatch.setattr(sys, "path", [*sys.path])  # this process loads the target: its folder goes
    (ran / "defects").mkdir()
    (ran / "defects/key_ignored.py").write_text((DEFECTS / "key_ignored.py").read_text())
    target = ran / "named.py"
    target.write_text((ran / "target.py").read_text().replace(*NAMED))
    around = context(subject := Subject(str(target), "ours"))
    assert {"x90_slower", "x01_payment_reply_lost"} <= set(around.experiments)
    (file,) = defects_of(around.words.target, str(target)).glob("*.py")
    places = ("x90_slower", "x13_same_key_again")
    seen = check_defect(DefectSearch(file, places, subject=subject))
    assert [bool(cell.broken) for cell in seen] == [False, True]


def test_the_self_test_says_where_it_cannot(ran: Path) -> None:
    """A target that does not run on sim, or a file of YAML, is refused before anything runs."""
    done = harness(ran, "self-test", "--target", str(YAML))
    assert (done.returncode, "mylender does not run on sim" in done.stderr) == (2, True)


def test_after_a_change_a_report_warns_and_a_replay_refuses(ran: Path) -> None:
    """Judged by other rules, or run with other code, it is another run."""
    target = ran / "target.py"
    before = target.read_text()
    target.write_text(before + "# changed\n")
    try:
        report, replay = harness(ran, "report"), harness(ran, "replay")
        shrink = harness(ran, "shrink")
    finally:
        target.write_text(before)
    assert report.returncode == 0
    assert "warning: " in report.stderr
    for refused in (replay, shrink):
        assert refused.returncode == 2
        assert "the target has changed since the run: sha256 " in refused.stderr
    hashed = json.loads((ran / "runs/x90_slower/latest/run.json").read_text())["target"]["sha256"]
    assert hashed in replay.stderr
