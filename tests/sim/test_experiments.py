"""The experiments that come with the harness give on `sim` the verdicts that they are there for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from harness.history_reader import read_history
from harness.model import RunResult, RunVerdict, Validity
from harness.prepare import RunRequest, prepare
from harness.registry import design_files
from harness.rng import Seed
from harness.session import run

# The invariant that each experiment is about: what a naive design breaks first.
ABOUT = {
    "X01": "no_double_payout",
    "X10": "mode_changes_are_kept",
    "X19": "breaks_are_found",
    "X20": "stand_in_within_caps",
    "X21": "wrong_scores_are_noticed",
    "X25": "decision_follows_score",
    "X30": "decision_is_pinned",
    "X31": "no_unexplained_failure",
    "X33": "quota_warned_early",
    "X34": "funding_within_quota",
    "X37": "funding_within_quota",
    "X39": "breaks_are_found",
    "X40": "lending_stays_spread",
    "X42": "acknowledged_is_kept",
    "X43": "acknowledged_is_kept",
    "X45": "no_unexplained_failure",
    "X46": "acknowledged_is_kept",
    "X49": "recovers_from_surge",
    "X66": "suspended_cells_stay_closed",
    "X69": "status_page_stands_apart",
    "X70": "waiting_needs_no_call",
    "X76": "acknowledged_is_readable",
    "X79": "borrowers_told",
    "X80": "borrowers_told",
    "X97": "calls_within_budget",
}


def carry_out(experiment: str, design: str, runs: Path) -> RunResult:
    """One run on `sim`."""
    return run(prepare(RunRequest(experiment, design, "sim", Seed(1), runs)), lambda text: None)


@pytest.mark.parametrize("experiment", ABOUT)
def test_the_hardened_design_passes(experiment: str, tmp_path: Path) -> None:
    """Every fault is proven and undone, every invariant holds, steady state before and after."""
    result = carry_out(experiment, "hardened", tmp_path)
    assert result.verdict is RunVerdict.PASS, result.reasons
    assert all(fault.proven and fault.undone for fault in result.faults)


@pytest.mark.parametrize("experiment", ABOUT)
def test_the_naive_design_fails_for_what_the_experiment_is_about(
    experiment: str, tmp_path: Path
) -> None:
    """As on real parts."""
    result = carry_out(experiment, "naive", tmp_path)
    broken = [one.checker for one in result.verdicts if one.validity is Validity.INVALID]
    assert result.verdict is RunVerdict.FAIL, result.reasons
    assert broken[0] == ABOUT[experiment]


@pytest.mark.parametrize("commit_wait", ["cancel", "abandon"])
def test_a_commit_that_is_shown_although_it_waits_is_found(
    commit_wait: str, tmp_path: Path
) -> None:
    """Told "declined" by what a promotion loses, the same borrower is paid afterwards."""
    good = design_files()["hardened"].read_text().replace("_wait: abandon", f"_wait: {commit_wait}")
    design = tmp_path / "variant.yaml"
    design.write_text(good)
    result = carry_out("X82", str(design), tmp_path)
    broken = {one.checker for one in result.verdicts if one.validity is Validity.INVALID}
    assert broken == ({"terminal_states_immutable"} if commit_wait == "cancel" else set())
    assert result.verdict is (RunVerdict.FAIL if broken else RunVerdict.PASS)


def test_a_run_leaves_a_whole_folder_and_no_running_thing(tmp_path: Path) -> None:
    """History, verdict and experiment are there; no lease, no watchdog, no recovery file."""
    folder = Path(carry_out("X20", "hardened", tmp_path).run_dir)
    names = {path.name for path in folder.iterdir()}
    assert {"history.jsonl", "verdict.json", "experiment.yaml", "faults.jsonl"} <= names
    assert not names & {"lease", "watchdog", "recovery.json", "token"}
    assert read_history(folder / "history.jsonl").complete


def test_the_standard_loop_is_back_afterwards(tmp_path: Path) -> None:
    """Nothing of the virtual loop stays in the process."""
    carry_out("X20", "hardened", tmp_path)
    assert asyncio.run(_turn()) == "fine"


async def _turn() -> str:
    await asyncio.sleep(0)
    return "fine"
