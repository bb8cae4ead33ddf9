"""What a person reads: causes on stderr, results on stdout, the right exit code."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from rich.console import Console

from harness.cli.main import main
from harness.model import FaultReport, RunResult, RunVerdict, Validity, Verdict
from harness.report.junit import junit
from harness.report.markdown import summary
from harness.report.terminal import marks_of, show
from harness.store import result_document

BROKEN = Verdict(
    checker="no_double_payout",
    validity=Validity.INVALID,
    claim="No loan has more than one successful payout.",
    examined=12,
    first_bad={"t_s": 7.0, "what": "loan-1 was paid out 2 times", "payouts": [{"gateway": "a"}]},
    details={"bad": 3},
    ids=("M1",),
    why="payout_key: attempt",
)
RESULT = RunResult(
    experiment="X01",
    title="Payment accepted, reply lost",
    design="naive",
    runtime="process",
    seed=7,
    verdict=RunVerdict.FAIL,
    exit_code=1,
    reasons=("M1 no_double_payout: loan-1 was paid out 2 times",),
    run_dir="runs/x01/now",
    hypothesis=(),
    verdicts=(BROKEN,),
    thresholds=(),
    faults=(FaultReport("down", "a->b", True, True, 6.0, 9.0, {"calls_failed": 3}),),
    load={"asked": 9, "delivered": 9, "late": 0, "dropped": 0},
    repeat="harness run X01 --design naive --seed 7",
)


def harness(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    monkeypatch.setattr(sys, "argv", ["harness", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("run", "X001"), "no experiment 'X001'; did you mean 'X01'?"),
        (("run", "nowhere.yaml"), "nowhere.yaml: no such file"),
        (("run", "X01", "--design", "hardend"), "no design 'hardend'; did you mean 'hardened'?"),
        (("run", "X01", "--runtime", "proces"), "no runtime 'proces'; did you mean 'process'?"),
        (
            ("run", "X01", "--seed", "-1"),
            "--seed: input should be greater than or equal to 0, got '-1'",
        ),
        (("report", "nothing"), "no run 'nothing' under"),
    ],
)
def test_a_wrong_word_costs_one_line_and_exit_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: tuple[str, ...],
    cause: str,
) -> None:
    """The cause, what is allowed, what to try; stdout stays empty; no folder is made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    code, out, err = harness(monkeypatch, capsys, *words)
    assert (code, out) == (2, "")
    assert cause in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_design_names_the_line_of_each_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A design is checked by the service itself before anything is started."""
    code, text, _ = harness(monkeypatch, capsys, "list")
    design = tmp_path / "mine.yaml"
    design.write_text("name: mine\nsubmit: perhaps\n")
    code, _, err = harness(monkeypatch, capsys, "validate", "X01", "--design", str(design))
    assert code == 2
    assert f"{design}:2:1: submit: got 'perhaps'" in err
    assert "tries_max: missing" in err
    assert "hardened" in text


def test_valid_documents_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`validate` starts nothing and tells what would happen."""
    code, out, _ = harness(monkeypatch, capsys, "validate", "X31")
    assert code == 0
    assert "valid: X31" in out
    assert "down at lending->funding_a" in out


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_result_fits_any_terminal_and_loses_nothing(width: int) -> None:
    """Verdict, counterexample, reason of the design, proof, and how to repeat it, at each width."""
    out = io.StringIO()
    show(RESULT, Console(file=out, width=width, markup=False, highlight=False))
    lines = out.getvalue().splitlines()
    assert max(len(line.rstrip()) for line in lines) <= width
    text = " ".join(" ".join(lines).split())
    for part in ("FAIL X01", "paid out 2 times", "payout_key: attempt", "proven", "--seed 7"):
        assert part in text


FIGURES = {
    "recovery": {
        "fault_s": 6.0, "first_failure_s": 6.2, "detected_s": None, "healed_s": 9.0,
        "first_good_s": 9.5, "recovered_s": 11.5, "recovery_time_s": 2.5, "objective_s": 2.0,
        "failover": [{"role": "r", "from": "a", "to": "b", "t_s": 7.0}],
    },
    "latency": [
        {
            "of": "pay", "phase": "fault", "n": 30, "good": 25, "unanswered": 1, "failed": 4,
            "p50_s": 0.010, "p95_s": 0.120, "p99_s": 1.5,
            "failed_p50_s": 2.0, "failed_p95_s": 3.0, "failed_p99_s": 4.0,
        }
    ],
    "error_budget": [
        {"of": "pay", "measure": "ok_ratio", "limit": 0.9, "n": 40, "bad": 6, "allowed": 4.0,
         "spent": 1.5}
    ],
    "risk": {
        "peak_minor": 1_500, "peak_t_s": 7.0, "oldest_s": 3.0, "end_minor": 20, "end_count": 1,
        "end": [], "width_s": 1.0, "sum_minor": [0, 1500, 20], "oldest_for_s": [0.0, 3.0, 1.0],
    },
}  # fmt: skip
HELD = {
    "name": "latency_p99 of pay", "measure": "latency_p99", "of": "pay", "tolerance": "< 800ms",
    "n": 30, "value": 0.12, "shown": "120ms", "met": True, "during": "fault", "windows": 2,
    "window": "down at a->b, 6..9 s",
}  # fmt: skip
UNSEEN = FaultReport(
    "down", "a->b", False, True, 6.0, 9.0, {"claim": "connections were refused", "traffic": 0}
)


@pytest.mark.parametrize("markdown", [False, True])
def test_a_designer_sees_every_number_that_was_asked_for(markdown: bool) -> None:
    """Held thresholds too, with what was seen in the unit asked for; why a fault is not proven."""
    limits = (HELD, {**HELD, "shown": "900ms", "met": False}, {**HELD, "why": "3 of 20 needed"})
    result = replace(RESULT, thresholds=limits, figures=FIGURES, faults=(UNSEEN,))
    out = io.StringIO()
    show(result, Console(file=out, width=160, markup=False, highlight=False))
    text = summary(result).replace("\\", "") if markdown else out.getvalue()
    for part in (
        "120ms", "900ms", "< 800ms" if not markdown else "&lt; 800ms", "worst of 2 windows",
        "3 of 20 needed", "10 / 120 / 1,500", "2,000 / 3,000 / 4,000", "2.5 s, objective 2 s",
        "7.00 s, from a", "6 bad of 40, 4 may fail", "150 % spent",
        "at most 1,500 minor units at 7.00 s, oldest 3 s; 20 in 1 at the end",
        "nobody used a->b meanwhile, so nothing can show that connections were refused",
    ):  # fmt: skip
        assert part in " ".join(text.split()), part


def test_a_terminal_without_the_marks_gets_words() -> None:
    """In an ASCII locale `ok` and `NO` stand for them."""
    ticks = [dict(marks_of(name)) for name in ("utf-8", "ascii")]
    assert ticks[0][True][0] == "\u2713"
    assert (ticks[1][True][0], ticks[1][False][0]) == ("ok", "NO")


def test_what_services_said_has_no_power_over_reports() -> None:
    """A message from outside cannot open a tag or a table cell."""
    evil = "<script>|**bold**"
    bad = {"t_s": 1.0, "what": evil}
    result = replace(RESULT, verdicts=(structs.replace(BROKEN, first_bad=bad),))
    assert "<script>" not in summary(result)
    assert "<script>" not in junit([("x01", result_document(result))])


def test_junit_counts_what_broke() -> None:
    """A pipeline shows one failed case and the command that repeats it."""
    text = junit([("x01", result_document(RESULT))])
    assert 'failures="1"' in text
    assert RESULT.repeat in text


def test_json_schema_of_the_result_is_stable() -> None:
    """Scripts read these keys."""
    document = json.loads(json.dumps(result_document(RESULT), default=str))
    wanted = {"experiment", "design", "runtime", "seed", "verdict", "exit_code", "run_dir",
              "invariants", "faults", "load", "repeat"}  # fmt: skip
    assert wanted <= set(document)
    assert {"id", "claim", "verdict", "examined", "first_bad"} <= set(document["invariants"][0])
    assert {"kind", "where", "proven", "undone", "evidence"} <= set(document["faults"][0])
