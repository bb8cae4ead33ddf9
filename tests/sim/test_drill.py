"""A drill in virtual time: one experiment of the pack, and the folder that it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import drill as verb
from harness.drill import evidence, pack
from harness.prepare import RunRequest
from harness.rng import Seed


def test_a_drill_leaves_a_folder_by_which_it_can_be_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Plan, timeline, measurements, verdicts and every run, under one manifest."""
    monkeypatch.setattr(pack, "experiments", lambda words: ["x76_standby_behind"])
    order = RunRequest("", "hardened", "sim", Seed(1), tmp_path)
    assert verb.drill_command(order, "ba", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["topology"]) == ("pass", "two-regions-from-b")
    assert all(one["source"] and one["verified"] in (True, False) for one in told["standards"])
    (folder,) = (one for one in (tmp_path / "drill").iterdir() if not one.is_symlink())
    assert evidence.differences(folder) == []
    names = {name.split("/")[0] for name, _ in evidence.files(folder)}
    assert names == {
        "manifest.json", "measurements.json", "plan.json", "runs", "summary.json", "summary.md",
        "timeline.json", "verdicts.json",
    }  # fmt: skip
    (timeline,) = json.loads((folder / "timeline.json").read_text())["runs"]
    assert [one["what"] for one in timeline["events"]][:2] == [
        "inject replica_lag at database begins", "inject replica_lag at database done",
    ]  # fmt: skip
