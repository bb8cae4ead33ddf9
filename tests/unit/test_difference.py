"""Two runs or suites compared, and what a gate makes of a baseline and of waivers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.rng import Seed
from harness.stats import e_value
from harness.suite.difference import difference, difference_lines, load_side
from harness.suite.gate import Gate, load_waivers

TODAY = date(2026, 3, 1)


def run(*findings: str, slow: int = 2, code: int | None = None) -> dict[str, Any]:
    """A run in brief, with so many slow answers of 200."""
    return {
        "name": "x01_reply_lost", "experiment": "X01", "design": "naive",
        "verdict": "fail" if findings else "pass",
        "exit_code": int(bool(findings)) if code is None else code,
        "findings": [{"finding": one, "what": "seen"} for one in findings],
        "counts": [{"name": "latency of submit in fault", "n": 200, "bad": [slow, 0]}],
    }  # fmt: skip


def suite(*runs: dict[str, Any]) -> dict[str, Any]:
    """A suite of these runs."""
    return {"runs": list(runs), "not_run": [], "verdict": "", "exit_code": 0}


def test_findings_are_new_gone_or_the_same() -> None:
    """By name: the words of a counterexample differ from run to run."""
    summary = difference([run("invariant a", "invariant b")], [run("invariant b", "invariant c")])
    names = {word: [one["finding"] for one in summary[word]] for word in ("new", "gone", "same")}
    assert names == {"new": ["invariant c"], "gone": ["invariant a"], "same": ["invariant b"]}
    assert summary["exit_code"] == 1
    assert difference([run("invariant a")], [run()])["exit_code"] == 0
    assert difference([run()], [run(code=5)])["exit_code"] == 5


def test_a_number_is_worse_by_evidence_never_by_a_percentage() -> None:
    """2 of 200 against 3 of 200 is half as much again, and nothing; 2 against 40 is something."""
    assert difference([run(slow=2)], [run(slow=3)])["numbers"] == []
    summary = difference([run(slow=2)], [run(slow=40)])
    assert [one["word"] for one in summary["numbers"]] == ["worse"]
    assert summary["exit_code"] == 1
    assert "2 of 200 bad, then 40 of 200" in "\n".join(difference_lines(summary))
    assert difference([run(slow=40)], [run(slow=2)])["exit_code"] == 0


def test_nothing_in_common_is_no_comparison() -> None:
    """Else two suites of different documents would have no new finding."""
    with pytest.raises(ConfigError, match="nothing to compare"):
        difference([run()], [{**run(), "name": "x02"}])


def test_looking_often_is_no_false_alarm() -> None:
    """Equal arms, a hundred looks each: far fewer than one in twenty ever reaches 20."""
    alarms = 0
    for seed in range(60):
        dice, bad = Seed(seed).stream("arms"), [0, 0]
        for n in range(1, 501):
            bad = [one + (dice.random() < 0.02) for one in bad]
            if n % 5 == 0 and e_value(bad[0], n, bad[1], n) >= 20:
                alarms += 1
                break
    assert alarms <= 3
    assert e_value(4, 400, 24, 400) > 20


def test_a_known_finding_is_shown_and_does_not_fail() -> None:
    """A gate asks for what is new; other codes are what they were."""
    known = Gate(TODAY, [run("invariant paid_once")])
    summary = known.judged(suite(run("invariant paid_once")))
    assert (summary["exit_code"], summary["runs"][0]["findings"][0]["state"]) == (0, "known")
    assert known.judged(suite(run("invariant paid_once", "invariant b")))["exit_code"] == 1
    assert known.judged(suite(run("invariant paid_once", slow=60)))["exit_code"] == 1
    assert known.judged(suite(run(code=3)))["exit_code"] == 3


def test_a_waiver_counts_until_its_day(tmp_path: Path) -> None:
    """A waived finding is shown with who answers for it; an expired waiver fails by itself."""
    file = tmp_path / "waivers.yaml"
    line = (
        "  - {finding: invariant paid_once, owner: ann, reason: ticket 7, expires: '2026-03-01'}\n"
    )
    file.write_text(f"waivers:\n{line}", "utf-8")
    waivers = load_waivers(file)
    summary = Gate(TODAY, None, waivers).judged(suite(run("invariant paid_once")))
    assert summary["exit_code"] == 0
    assert "ann: ticket 7" in summary["gate"][0]
    later = Gate(date(2026, 3, 2), None, waivers)
    assert later.judged(suite(run("invariant paid_once")))["exit_code"] == 1
    assert later.judged(suite(run()))["exit_code"] == 1


def test_a_wrong_waiver_is_told_with_its_place(tmp_path: Path) -> None:
    """Nobody who answers for it, no day, no such kind of finding: all at once."""
    file = tmp_path / "waivers.yaml"
    file.write_text("waivers:\n  - {finding: paid_once, reason: x, expires: soon}\n", "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_waivers(file)
    said = str(refused.value)
    for part in (f"{file}:2:", "owner is missing", "is no finding", "expires: "):
        assert part in said


@pytest.mark.parametrize(
    ("counts", "wrong"),
    [
        ([{"name": "a", "n": 5, "bad": [1]}, {"name": "a", "n": 5, "bad": [1, 2]}], "a: "),
        ([{"name": "a", "n": 5, "bad": [6]}], "6,. bad of 5"),
        ([{"name": "a", "n": 5, "bad": []}], "length"),
        ([{"name": "a", "n": -1, "bad": [0]}], ">= 0"),
    ],
)
def test_counts_that_do_not_add_up_are_no_result(
    counts: list[dict[str, Any]], wrong: str, tmp_path: Path
) -> None:
    """A summary that somebody has changed is refused; it ended in a traceback."""
    file = tmp_path / "suite.json"
    file.write_text(json.dumps({**suite({**run(), "counts": counts}), "suite": "one"}))
    with pytest.raises(ConfigError, match=wrong):
        load_side(tmp_path, str(file))


def test_a_number_of_another_version_is_left_aside() -> None:
    """Findings can be compared all the same."""
    old = {**run(), "counts": [{"name": "latency of submit in fault", "n": 200, "bad": [190]}]}
    assert difference([old], [run()])["numbers"] == []
