"""An incident as the reference service has it, from the history of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli.main import app

DOCUMENT = """\
title: The database is unreachable
load: {arrivals: 6/s, journeys: {consumer: 1}}
steady-state-hypothesis:
  title: served
  probes: [{name: acks, measure: ok_ratio, of: submit, tolerance: ">= 0.9"}]
method:
  - {at: 4s, for: 3s, fault: down, link: lending->database}
recovery: 5s
invariants: [no_double_payout]
blast-radius: {links: [lending->database]}
"""


def reported(tmp_path: Path, design: str) -> tuple[int, dict[str, Any], list[str]]:
    """Exit code and document of the incident, and the files that were drafted."""
    runs, out = str(tmp_path / "runs"), tmp_path / "drafts"
    (tmp_path / "gone.yaml").write_text(DOCUMENT)
    asked = ["run", str(tmp_path / "gone.yaml"), "--runtime", "sim", "--seed", "1"]
    CliRunner().invoke(app, [*asked, "--design", design, "--runs", runs])
    asked = ["incident", "latest", "--runs", runs, "--out", str(out), "--output", "json"]
    done = CliRunner().invoke(app, asked)
    files = sorted(file.name for file in out.iterdir())
    return done.exit_code, json.loads(done.stdout), files


@pytest.mark.parametrize(("design", "code"), [("naive", 1), ("hardened", 0)])
def test_a_service_that_knows_of_it_reports_in_time(tmp_path: Path, design: str, code: int) -> None:
    """One design never says that it knows, and its reports are never complete."""
    exit_code, told, files = reported(tmp_path, design)
    assert exit_code == code
    assert told["reports"]
    assert {one["met"] for one in told["reports"]} == {design == "hardened"}
    assert "incident.json" in files
    drafts = sorted(f"{one['name']}.md" for one in told["reports"])
    assert [name for name in files if name.endswith(".md")] == drafts
    figures = told["figures"]
    assert 0 < figures["users_hit"] <= figures["users_seen"]
    named = {it["what"]: event for one in told["reports"] for field in one["fields"].values()
             for it in field.get("of", ()) for event in it["events"]}  # fmt: skip
    lines = (Path(told["run"]) / "history.jsonl").read_text().splitlines()
    events = {event["i"]: event for event in map(json.loads, lines)}
    assert all(events[i]["p"].partition(".")[0] == user for user, i in named.items())


@pytest.mark.nightly
@pytest.mark.parametrize(("design", "code"), [("naive", 1), ("hardened", 0)])
def test_a_major_incident_is_reported_by_who_knows_of_it(
    tmp_path: Path, design: str, code: int
) -> None:
    """X68: as many users are hit in both, and one of them can say so within every limit."""
    runs = str(tmp_path / "runs")
    asked = ["run", "X68", "--runtime", "sim", "--seed", "1", "--design", design, "--runs", runs]
    assert CliRunner().invoke(app, asked).exit_code == code
    done = CliRunner().invoke(app, ["incident", "latest", "--runs", runs, "--output", "json"])
    told = json.loads(done.stdout)
    assert done.exit_code == code
    major = next(one for one in told["rules"] if one["id"] == "eu-major")
    assert major["applies"]
    assert {one["met"] for one in told["reports"]} == {design == "hardened"}
    assert all(not one["missing"] for one in told["reports"]) is (design == "hardened")
