"""Recorded runs: found by id, listed, pruned; read only in a format that is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.cli.endings import known
from harness.cli.main import app
from harness.errors import ConfigError
from harness.run_record import FORMAT, read_run
from harness.store import find_run

RECORD = {
    "run_id": "r", "experiment": "X01", "title": "t", "design": "hardened", "runtime": "sim",
    "seed": 1, "command": "harness run X01", "design_values": {},
}  # fmt: skip


def recorded(runs: Path, name: str, stamp: str, **more: object) -> Path:
    """A folder as a run leaves it."""
    folder = runs / name / stamp
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({**RECORD, **more}))
    (folder / "verdict.json").write_text('{"verdict": "pass"}')
    return folder


def harness(*words: str) -> Result:
    """The command, carried out."""
    return CliRunner().invoke(app, list(words))


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three runs of X01 and one of X20, in a cache without active runs."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "runs"
    for day in (1, 3, 2):
        recorded(root, "x01_reply_lost", f"2026-01-0{day}")
    recorded(root, "x20_down", "2026-01-09", experiment="X20")
    return root


def test_an_id_is_the_latest_run_of_its_experiment(runs: Path) -> None:
    """`harness report x01`, whatever came after it."""
    assert find_run(runs, "x01").name == "2026-01-03"
    assert find_run(runs, "X20") == find_run(runs, "latest")
    with pytest.raises(ConfigError, match="no run 'X02'"):
        find_run(runs, "X02")


def test_runs_are_listed_for_people_and_for_scripts(runs: Path) -> None:
    """The latest last; of one experiment by id or name; one that died has no verdict."""
    (runs / "x20_down/2026-01-09/verdict.json").unlink()
    document = json.loads(harness("runs", "list", "--runs", str(runs), "--output", "json").stdout)
    assert [run["experiment"] for run in document["runs"]] == ["X01", "X01", "X01", "X20"]
    assert [run["verdict"] for run in document["runs"]] == ["pass", "pass", "pass", ""]
    assert document["runs"][0]["size_bytes"] > 0
    shown = harness("runs", "list", "x01", "--runs", str(runs)).stdout
    assert (shown.count("X01"), shown.count("X20")) == (3, 0)
    assert "no recorded run" in harness("runs", "list", "--runs", str(runs / "none")).stdout


def test_a_run_that_does_not_add_up_is_listed_as_damaged(runs: Path) -> None:
    """A verdict that was written over it is not shown as its own."""
    (runs / "x20_down/2026-01-09/verdict.json").write_text('{"verdict": "pass", "exit_code": 1}')
    shown = harness("runs", "list", "x20_down", "--runs", str(runs))
    assert "damaged" in shown.stdout
    document = json.loads(harness("runs", "list", "--runs", str(runs), "--output", "json").stdout)
    assert "exit_code is 1, of pass it is 0" in document["runs"][-1]["why"]


def test_nothing_is_listed_from_a_folder_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`no recorded run` would be said of what nobody could look into."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    for words in (("runs", "list"), ("report", "latest"), ("diff", "latest", "X01")):
        error = harness(*words).exception
        assert error is not None
        assert known(error)[0] == 2


def test_the_latest_of_each_experiment_stay(runs: Path) -> None:
    """What would go is said first; a link and what is no run are left alone."""
    other = runs / "notes"
    other.mkdir()
    (runs / "x01_reply_lost/latest").symlink_to("2026-01-03")
    argv = ("runs", "prune", "--keep", "1", "--runs", str(runs))
    assert "2 runs" in harness(*argv, "--dry").stdout
    assert len(list(runs.glob("*/2026*"))) == 4
    assert "2 runs" in harness(*argv).stdout
    assert sorted(path.name for path in runs.glob("*/2026*")) == ["2026-01-03", "2026-01-09"]
    assert other.is_dir()
    assert find_run(runs, "X01").name == "2026-01-03"


def test_a_run_that_has_not_ended_is_not_pruned(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its watchdog reads what lies there."""
    going = runs / "x01_reply_lost/2026-01-01"
    active = type("Active", (), {"run_dir": going})()
    monkeypatch.setattr("harness.cli.runs.active_runs", lambda folder: [active])
    harness("runs", "prune", "--keep", "1", "--runs", str(runs))
    assert going.is_dir()
    assert not (runs / "x01_reply_lost/2026-01-02").exists()


@pytest.mark.parametrize("keep", ["0", "-1", "all"])
def test_nothing_is_pruned_by_mistake(runs: Path, keep: str) -> None:
    """One is the least, and it has to be said."""
    done = harness("runs", "prune", "--keep", keep, "--runs", str(runs))
    assert (done.exit_code, len(list(runs.glob("*/2026*")))) == (2, 4)
    assert harness("runs", "prune", "--runs", str(runs)).exit_code == 2


def test_a_format_of_before_is_read_and_one_to_come_is_refused(tmp_path: Path) -> None:
    """A reader that takes a newer record for one of its own would judge wrongly."""
    for number, version in enumerate(({}, {"format": FORMAT})):
        assert read_run(recorded(tmp_path, "x01", str(number), **version))["seed"] == 1
    newer = recorded(tmp_path, "x01", "newer", format=FORMAT + 1, seed="otherwise")
    with pytest.raises(ConfigError, match=rf"format {FORMAT + 1} is newer than this harness"):
        read_run(newer)
    code, _ = known(harness("report", str(newer)).exception or AssertionError())
    assert code == 2
