"""The risk register: measured grades beside expert grades, and registers that cannot be."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import ConfigError
from harness.oversight.register import load_register

TODAY = date(2026, 6, 1)
REGISTER = """\
title: Ours
risks:
  - id: twice
    title: Paid twice
    items: [C1]
    experiments: [X01]
    experts:
      - {grade: low, by: ann, on: "2026-05-01", reason: seldom}
      - {grade: critical, by: bob, on: "2026-05-01", reason: it is money}
  - id: slow
    title: Slow
    experiments: [X09]
    experts: [{grade: accepted, by: ann, on: "2026-05-01", reason: they wait}]
"""
WRONG = """\
title: Ours
risks:
  - {id: a, title: A, experiments: [X01], items: [Z9]}
  - {id: a, title: A again, experiments: [x1_payment, X01, x01_payment_reply_lost]}
  - id: b
    title: B
    experiments: [X09]
    experts:
      - {grade: accepted, by: ann, on: "2026-05-01"}
      - {grade: huge, by: bob, on: "2027-05-01", reason: x}
      - {grade: low, by: ann, on: "2026-05-01", reason: x, review-by: "2026-05-31"}
      - {grade: low, by: eve, on: "2026-05-01", reason: x, review-by: "2026-04-01"}
"""


def recorded(
    root: Path, experiment: str, seed: int, broken: tuple[str, str] = ("", ""), verdict: str = ""
) -> None:
    """A run folder with as much as a register reads of it."""
    folder = root / experiment / f"2026-05-01T10-00-00.{root.name[-1]}{seed:02}Z"
    folder.mkdir(parents=True)
    verdict = verdict or ("fail" if broken[1] else "pass")
    run = {"run_id": "r", "experiment": experiment[:3].upper(), "title": "t", "design": "hardened",
           "runtime": "sim", "seed": seed, "command": "c", "design_values": {}}  # fmt: skip
    told = {
        "verdict": verdict,
        "reasons": [], "hypothesis": [], "thresholds": [], "faults": [],
        "figures": {"users": {"seen": 100, "refused": 1, "unexplained": 4, "turned_away": 5}},
        "invariants": [{"id": broken[0], "name": broken[1], "verdict": "invalid",
                        "first_bad": {"what": "loan-1"}}] if broken[1] else [],
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(run))
    (folder / "verdict.json").write_text(json.dumps(told))


def risks(tmp_path: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and document of the verb."""
    (tmp_path / "r.yaml").write_text(REGISTER)
    asked = ["risks", str(tmp_path / "r.yaml"), "--runs", str(tmp_path / "runs"), *options]
    done = CliRunner().invoke(app, [*asked, "--output", "json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done.exit_code, json.loads(done.stdout)


def test_no_expert_overrides_a_broken_invariant_of_tier_1(tmp_path: Path) -> None:
    """One run in three is enough; who said less is overruled, and what was said is kept."""
    for seed in (1, 2):
        recorded(tmp_path / "runs", "x01_payment_reply_lost", seed)
    recorded(tmp_path / "runs", "x01_payment_reply_lost", 3, ("M1", "no_double_payout"))
    code, told = risks(tmp_path)
    twice, slow = told["risks"]
    assert (code, twice["stands"]) == (1, "critical")
    assert [(e["by"], e["standing"], e["reason"]) for e in twice["experts"]] == [
        ("ann", "overruled", "seldom"),
        ("bob", "agrees", "it is money"),
    ]
    (seen,) = twice["measured"]["experiments"]
    assert (seen["runs"], seen["breaches"], round(seen["low"], 3)) == (3, 1, 0.008)
    assert "M1 no_double_payout" in seen["reason"]
    assert told["overruled"] == [{"risk": "twice", "expert": "ann"}]
    assert (slow["stands"], told["missing"]) == ("accepted", ["X09"])


def test_experts_may_differ_from_what_has_a_budget(tmp_path: Path) -> None:
    """Theirs stands, the measured grade is kept as dissent; likelihood and extent make it."""
    recorded(tmp_path / "runs", "x01_payment_reply_lost", 1)
    recorded(tmp_path / "runs", "x09_latency_ramp", 1, ("U3", "no_unexplained_failure"))
    code, told = risks(tmp_path)
    twice, slow = told["risks"]
    assert (code, told["missing"]) == (0, [])
    assert (twice["stands"], twice["measured"]["grade"]) == ("critical", "low")
    assert (slow["stands"], slow["measured"]["grade"]) == ("accepted", "high")
    assert slow["measured"]["differs"]


def test_a_seed_of_sim_counts_once_and_old_runs_can_be_left_out(tmp_path: Path) -> None:
    """The same history twice is no second trial."""
    root = tmp_path / "runs"
    recorded(root, "x01_payment_reply_lost", 1, ("M1", "no_double_payout"))
    (first,) = (root / "x01_payment_reply_lost").iterdir()
    later = first.with_name("2026-05-02T10-00-00.000Z")
    later.mkdir()
    for file in first.iterdir():
        (later / file.name).write_text(file.read_text())
    assert risks(tmp_path)[1]["risks"][0]["measured"]["experiments"][0]["runs"] == 1
    code, told = risks(tmp_path, "--since", "2026-05-03")
    assert (code, told["missing"]) == (3, ["X01", "X09"])


def test_a_run_that_was_interrupted_is_no_trial_and_what_it_broke_is_broken(
    tmp_path: Path,
) -> None:
    """A counterexample is one, however the run ended."""
    root = tmp_path / "runs"
    recorded(root, "x01_payment_reply_lost", 1, ("M1", "no_double_payout"), "interrupted")
    code, told = risks(tmp_path)
    (seen,) = told["risks"][0]["measured"]["experiments"]
    assert (code, seen["runs"], seen["grade"]) == (1, 0, "critical")
    assert told["missing"] == ["X09"]


def test_a_register_that_contradicts_itself_is_refused_with_every_place(tmp_path: Path) -> None:
    """Each with file, line and column."""
    path = tmp_path / "r.yaml"
    path.write_text(WRONG)
    with pytest.raises(ConfigError) as caught:
        load_register(path, ["x01_payment_reply_lost", "x09_latency_ramp"], ["C1"], TODAY)
    text = str(caught.value)
    for part in (
        f"{path}:4:10: id 'a' stands already at {path}:3:10",
        ":3:51: unknown item 'Z9'",
        ":4:43: unknown experiment 'x1_payment'; did you mean 'x01_payment_reply_lost'?",
        ":4:60: experiment 'x01_payment_reply_lost' twice",
        ":9:9: b: grade 'accepted' of ann without a reason",
        ":10:17: unknown grade 'huge'",
        ":10:36: b: graded on 2027-05-01, which is after today, 2026-06-01",
        ":11:26: b: ann says accepted and low",
        ":11:71: b: the review of ann was due by 2026-05-31",
        ":12:71: b: to be reviewed by 2026-04-01, before it was graded, 2026-05-01",
    ):
        assert part in text, text


def test_the_register_that_comes_along_is_valid_and_fits_a_narrow_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a run, nothing is measured, and the command that measures is told."""
    monkeypatch.setenv("COLUMNS", "50")
    done = CliRunner().invoke(app, ["risks", "--runs", str(tmp_path), "--markdown",
                                    str(tmp_path / "risks.md"), "--html",
                                    str(tmp_path / "risks.html")])  # fmt: skip
    assert done.exit_code == 3
    assert "harness run" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 50
    assert "| paid-twice" in (tmp_path / "risks.md").read_text()
    page = (tmp_path / "risks.html").read_text()
    assert "paid-twice A loan is paid twice" in page
    assert "default-src 'none'" in page
