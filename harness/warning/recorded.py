"""Recorded runs as detectors see them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import ConfigError, Problem
from harness.history_reader import read_history
from harness.registry import Vocabulary, vocabulary_of
from harness.run_record import agree, read_run
from harness.store import HISTORY, run_folders
from harness.warning.samples import EVERY_S, Watched, watched

QUIET_S_MIN = 60.0  # chosen: of a minute of quiet a detector can learn a mean


def watched_runs(roots: Sequence[Path], target: str = "") -> list[Watched]:
    """Every run below some folders, by name, so that seeds of one experiment stand together.

    Args:
        target: in place of the one that each run names.

    Raises:
        ConfigError: there are fewer than two, one cannot be read, or all together were quiet for
            less than `QUIET_S_MIN`.
    """
    words: dict[str, Vocabulary] = {}
    runs = [_watched(one, words, target) for root in roots for one in run_folders(root)]
    quiet_s = sum(len(one.quiet) for one in runs) * EVERY_S
    where = ", ".join(map(str, roots))
    if len(runs) < 2 or quiet_s < QUIET_S_MIN:
        cause = f"{len(runs)} recorded runs with {quiet_s:.0f} s before the first fault"
        allowed = f"2 runs and {QUIET_S_MIN:.0f} s, or more"
        remedy = "harness suite nightly --runtime sim"
        raise ConfigError(Problem(cause, where, allowed, remedy))
    return sorted(runs, key=lambda one: one.name)


def _watched(folder: Path, words: dict[str, Vocabulary], target: str) -> Watched:
    record = read_run(folder)
    history = read_history(folder / HISTORY)
    agree(folder, record, history)
    source = str(record.get("target", {}).get("source", ""))
    if source not in words:
        words[source] = vocabulary_of(record, target)
    name = f"{record['experiment']} {record['design']} {record['seed']}"
    return watched(name, history, words[source].target, str(record["design"]))
