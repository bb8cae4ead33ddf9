"""Judges a run again from its folder; also one that died midway."""

from __future__ import annotations

from pathlib import Path

from harness.document import load_experiment
from harness.history import read_history
from harness.judge import explained, judge
from harness.model import EXIT_CODES, RunResult, RunVerdict
from harness.registry import Vocabulary
from harness.store import EXPERIMENT, FAULTS, HISTORY, read_run
from harness.undo.faultlog import FaultLog
from harness.verdict import decide


def recheck(run_dir: Path, words: Vocabulary) -> RunResult:
    """The result, from experiment.yaml and history.jsonl alone.

    Raises:
        ConfigError: a file is missing or is not what a run writes.
    """
    run = read_run(run_dir)
    experiment = load_experiment(run_dir / EXPERIMENT, words)
    history = read_history(run_dir / HISTORY)
    findings = judge(experiment, words.invariants, history)
    findings = explained(findings, words.target, run["design_values"])
    verdict, reasons = decide(findings)
    if verdict is RunVerdict.UNSAFE and not FaultLog(run_dir / FAULTS).active():
        verdict = RunVerdict.INCONCLUSIVE
        reasons = ("the run died; its faults were undone afterwards", *reasons)
    if not history.complete:
        reasons = (*reasons, "the history is cut off: the run died before its end")
    return RunResult(
        experiment=run["experiment"],
        title=run["title"],
        design=run["design"],
        runtime=run["runtime"],
        seed=run["seed"],
        verdict=verdict,
        exit_code=EXIT_CODES[verdict],
        reasons=reasons,
        run_dir=str(run_dir),
        hypothesis=findings.hypothesis,
        verdicts=findings.verdicts,
        thresholds=findings.thresholds,
        faults=findings.faults,
        load=findings.load,
        repeat=run["command"],
        duration_s=round(history.events[-1].t_s, 1) if history.events else 0.0,
    )
