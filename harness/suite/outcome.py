"""What a suite found, as one JSON document: each run in brief, one verdict, one exit code.

The code is that of the worst run. A run whose every finding is known (in the baseline) or waived
does not count as a failure; what was to run and did not is never a pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.json_types import JsonDict, JsonObject
from harness.model import EXIT_CODES, RunVerdict
from harness.prepare import Prepared
from harness.report.junit import begun_utc
from harness.suite.carry import Progress
from harness.suite.findings import counts, findings, numbers, verdict_of, worst
from harness.suite.selection import LeftOut

SUITE = "suite.json"
NOTHING_PROVEN = EXIT_CODES[RunVerdict.INCONCLUSIVE]


@dataclass(frozen=True)
class Asked:
    """What a person asked for.

    Args:
        name: of the suite; `selection` for what was named one by one.
        title: of the profile, "" without one.
        repeat: the command that does it again.
    """

    name: str
    title: str
    design: str
    runtime: str
    seed: int
    repeat: str


def outcome(asked: Asked, progress: Progress, left_out: Sequence[LeftOut]) -> JsonDict:
    """The document of a suite."""
    names = unique([name_of(run) for run, _ in progress.done])
    runs = [
        {"name": name, "file": str(run.path), **brief(document)}
        for name, (run, document) in zip(names, progress.done, strict=True)
    ]
    not_run = [
        {"name": name_of(run), "experiment": run.experiment.id, "title": run.experiment.title,
         "why": why}
        for run, why in progress.not_run
    ]  # fmt: skip
    summary = {
        "suite": asked.name,
        "title": asked.title,
        "design": asked.design,
        "runtime": asked.runtime,
        "seed": asked.seed,
        "verdict": "",
        "exit_code": 0,
        "duration_s": round(progress.seconds, 1),
        "verdicts": dict(Counter(run["verdict"] for run in runs)),
        "runs": runs,
        "not_run": not_run,
        "left_out": [asdict(one) for one in left_out],
        "repeat": asked.repeat,
    }
    return decided(summary, [run["exit_code"] for run in runs])


def decided(summary: JsonDict, codes: Sequence[int]) -> JsonDict:
    """The same with its verdict.

    Args:
        codes: of the runs, as they count.
    """
    code = worst(codes)
    if summary["not_run"] or not summary["runs"]:
        code = code or NOTHING_PROVEN
    return {**summary, "exit_code": code, "verdict": verdict_of(code)}


def brief(run: JsonObject) -> JsonDict:
    """A run, as a suite tells of it.

    Args:
        run: its result document.
    """
    keys = ("experiment", "title", "design", "runtime", "seed", "verdict", "exit_code", "reasons")
    return {
        **{key: run[key] for key in keys},
        "run_dir": run["run_dir"],
        "begun_utc": begun_utc(run["run_dir"]),
        "duration_s": run["duration_s"],
        "findings": [{"finding": one.key, "what": one.what} for one in findings(run)],
        "numbers": [asdict(one) for one in numbers(run)],
        "counts": [asdict(one) for one in counts(run)],
        "repeat": run["repeat"],
    }


def name_of(run: Prepared) -> str:
    """The same for the same document in every suite: its name, or its path when it was given."""
    given, path = run.order.experiment, run.path
    if path.stem == given or run.words.experiments.get(path.stem) == path:
        return path.stem
    absolute = path.resolve()
    here = Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)


def unique(names: Sequence[str]) -> list[str]:
    """The second of a name is called `name #2`."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return found
