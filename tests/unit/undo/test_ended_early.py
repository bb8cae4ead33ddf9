"""A run whose harness was killed has a verdict all the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.undo.ended_early import write_verdict

RUN = {
    "experiment": "X01",
    "title": "t",
    "design": "naive",
    "runtime": "process",
    "seed": 7,
    "command": "harness run X01 --seed 7",
}

ENDLESS = json.dumps({**dict.fromkeys(("experiment", "title", "design", "runtime"), "x"),
                      "command": "", "seed": 1e999})  # fmt: skip


def test_what_is_known_is_written_down_once(tmp_path: Path) -> None:
    """Inconclusive, exit 3, how it ended; what the run itself said is never overwritten."""
    (tmp_path / "run.json").write_text(json.dumps(RUN))
    (tmp_path / "history.jsonl").write_text("{}\n{}\n")
    write_verdict(tmp_path, "watchdog", print)
    said = json.loads((tmp_path / "verdict.json").read_text())
    assert (said["verdict"], said["exit_code"], said["seed"]) == ("inconclusive", 3, 7)
    assert "killed; watchdog undid" in said["reasons"][0]
    assert said["reasons"][1].startswith("2 lines of history")
    (tmp_path / "verdict.json").write_text("its own")
    write_verdict(tmp_path, "clear", print)
    assert (tmp_path / "verdict.json").read_text() == "its own"


@pytest.mark.parametrize("raw", ["", "null", "[]", "{", '{"experiment": "X01"}', ENDLESS])
def test_a_run_that_cannot_be_read_is_told_and_stops_nothing(raw: str, tmp_path: Path) -> None:
    """Healing goes on whatever became of run.json."""
    said: list[str] = []
    (tmp_path / "run.json").write_text(raw)
    write_verdict(tmp_path, "clear", said.append)
    assert len(said) == 1
    assert not (tmp_path / "verdict.json").exists()
