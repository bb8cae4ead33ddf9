"""In which order, and who takes which part: by the length that a run is expected to have.

The same documents give the same parts on every machine: nothing that was measured goes in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from harness.errors import ConfigError, Problem
from harness.prepare import Prepared
from harness.run_record import read_run
from harness.runtime_registry import load_runtime
from harness.store import RUN, VERDICT
from harness.text import path_part

AROUND_S = 12.0  # measured: start, settling and last reads of a run on `process`, two idle cores
OF_VIRTUAL = 0.01  # measured: real seconds that a second of eight arrivals takes in virtual time
_SHARD = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")


def expected_s(run: Prepared) -> float:
    """How long a run is likely to take, s of real time."""
    experiment = run.experiment
    if load_runtime(run.order.runtime).deterministic:
        return 1.0 + OF_VIRTUAL * experiment.load_s * experiment.arrivals_per_s
    return experiment.load_s + AROUND_S


def ordered(runs: Sequence[Prepared], jobs: int) -> list[Prepared]:
    """One after the other the shortest first: an answer comes early; side by side the longest
    first: all of it ends early."""
    return sorted(runs, key=expected_s, reverse=jobs > 1)


def parse_shard(text: str) -> tuple[int, int]:
    """`2/4` -> (2, 4).

    Raises:
        ConfigError: it is none.
    """
    found = _SHARD.fullmatch(text)
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= of:
        raise ConfigError(Problem(f"shard {text!r}", "--shard", "1/4 .. 4/4: which part of many"))
    return number, of


def shard(runs: Sequence[Prepared], number: int, of: int) -> list[Prepared]:
    """The part with this number: parts are about as long as one another."""
    parts: list[list[Prepared]] = [[] for _ in range(of)]
    lengths = [0.0] * of
    for run in sorted(runs, key=expected_s, reverse=True):
        least = lengths.index(min(lengths))
        parts[least].append(run)
        lengths[least] += expected_s(run)
    chosen = {id(run) for run in parts[number - 1]}
    return [run for run in runs if id(run) in chosen]


def last_failed(runs: Sequence[Prepared]) -> list[Prepared]:
    """Those whose last run, with this design on this runtime, did not pass."""
    return [run for run in runs if _last_code(run) not in (0, None)]


def _last_code(run: Prepared) -> int | None:
    """The exit code of its last run; None when there is none."""
    root = run.order.runs / path_part(run.experiment.name)
    for folder in sorted(root.glob(f"*Z/{RUN}"), reverse=True):
        if (code := _code(folder.parent, run)) is not None:
            return code
    return None


def _code(folder: Path, run: Prepared) -> int | None:
    try:
        record = read_run(folder)
        ended = json.loads((folder / VERDICT).read_text("utf-8"))
        same = (record["design"], record["runtime"], record["target"]["source"]) == (
            run.order.design,
            run.order.runtime,
            run.words.source.ref,
        )
        return int(ended["exit_code"]) if same else None
    except (ConfigError, OSError, ValueError, LookupError, TypeError, RecursionError):
        return None  # a run that died, or somebody else's folder
