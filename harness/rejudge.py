"""Judges a recorded run again from its folder; also one that died midway."""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.document import load_experiment
from harness.errors import ConfigError, Problem
from harness.history import History
from harness.history_reader import read_history
from harness.judge import explained, judge, measured
from harness.model import EXIT_CODES, RunResult, RunVerdict
from harness.registry import Vocabulary
from harness.report.recorded import Recorded
from harness.run_record import Ended, agree, read_ended, read_run, result_of
from harness.store import EXPERIMENT, FAULTS, HISTORY
from harness.undo.faultlog import FaultLog
from harness.verdict import Findings, decide

VALUES = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
UNENDED = ("error", "interrupted", "inconclusive")  # known to the run, not seen in its history


def recheck(run_dir: Path, words: Vocabulary) -> RunResult:
    """The result, from experiment.yaml and history.jsonl alone.

    Raises:
        ConfigError: a file is missing, is not what a run writes, or belongs to another run.
    """
    return reread(run_dir, words)[0]


def reread(run_dir: Path, words: Vocabulary) -> tuple[RunResult, Recorded]:
    """The same, with what it was judged from.

    Raises:
        ConfigError: as `recheck`.
    """
    record, ended = read_run(run_dir), read_ended(run_dir)
    experiment = load_experiment(run_dir / EXPERIMENT, words)
    history = read_history(run_dir / HISTORY)
    agree(run_dir, record, history, experiment)
    try:
        findings = judge(experiment, words.invariants, history)
        findings = explained(findings, words.target, record["design_values"])
        findings = measured(findings, experiment, history, words.target)
        verdict, reasons = _decide(run_dir, findings, history, ended)
        code, lasted_s = EXIT_CODES[verdict], round(history.events[-1].t_s, 1)
        result = result_of(record, run_dir, findings, verdict, reasons, code, lasted_s)
        return result, Recorded(experiment, words.target, history)
    except (*VALUES, msgspec.MsgspecError) as error:
        cause = f"values that a run does not write: {type(error).__name__}: {error}"
        raise ConfigError(Problem(cause, str(run_dir / HISTORY))) from error


def _decide(
    run_dir: Path, findings: Findings, history: History, ended: Ended | None
) -> tuple[RunVerdict, tuple[str, ...]]:
    verdict, reasons = decide(findings)
    if verdict is RunVerdict.UNSAFE and not FaultLog(run_dir / FAULTS).active():
        verdict = RunVerdict.INCONCLUSIVE
        reasons = ("the run died; its faults were undone afterwards", *reasons)
    if not history.complete:
        reasons = (*reasons, "the history is cut off: the run died before its end")
    if ended is not None and ended.verdict in UNENDED and verdict is RunVerdict.PASS:
        verdict, said = RunVerdict.INCONCLUSIVE, "; ".join(ended.reasons)
        reasons = (f"the run itself ended as {ended.verdict}: {said}", *reasons)
    return verdict, reasons
