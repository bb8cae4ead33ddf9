"""How the verdicts of repetitions spread: is it the design, or chance?

    runs ──> how often each verdict, each finding; least, median and greatest of each number

Source: invariant E4 of docs/invariants.md: the same seed is the same schedule, and stability over
repetitions is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from harness.json_types import JsonDict, JsonObject
from harness.suite.findings import findings, numbers, verdict_of, worst


def spread(runs: Sequence[JsonObject], asked: int, repeat: str) -> JsonDict:
    """The JSON document of repetitions.

    Args:
        runs: result documents, in order; one or more.
        asked: how many there were to be.
        repeat: the command that does it again.
    """
    first = runs[0]
    code = worst(run["exit_code"] for run in runs)
    return {
        "experiment": first["experiment"],
        "title": first["title"],
        "design": first["design"],
        "runtime": first["runtime"],
        "verdict": verdict_of(code),
        "exit_code": code,
        "asked": asked,
        "verdicts": dict(Counter(run["verdict"] for run in runs)),
        "stable": len({run["verdict"] for run in runs}) == 1,
        "findings": list(_findings(runs)),
        "numbers": list(_numbers(runs)),
        "runs": [
            {
                key: run[key]
                for key in ("seed", "verdict", "exit_code", "reasons", "run_dir", "duration_s")
            }
            for run in runs
        ],
        "repeat": repeat,
    }


def _findings(runs: Sequence[JsonObject]) -> Iterator[JsonDict]:
    """Each finding, the most frequent first, with its first counterexample."""
    seen = [(one, run) for run in runs for one in findings(run)]
    counts = Counter(one.key for one, _ in seen)
    for key, count in counts.most_common():
        what, run = next((one.what, run) for one, run in seen if one.key == key)
        yield {"finding": key, "runs": count, "first": what, "run_dir": run["run_dir"]}


def _numbers(runs: Sequence[JsonObject]) -> Iterator[JsonDict]:
    every = [number for run in runs for number in numbers(run)]
    for name in dict.fromkeys(number.name for number in every):
        same = [number for number in every if number.name == name]
        values = [number.value for number in same]
        yield {
            "name": name,
            "unit": same[0].unit,
            "runs": len(values),
            "min": min(values),
            "median": median(values),
            "max": max(values),
        }


def spread_lines(summary: JsonObject) -> Iterator[str]:
    """The same for a person."""
    done, asked = len(summary["runs"]), summary["asked"]
    head = f"{summary['verdict'].upper()}  {summary['experiment']} {summary['title']}"
    yield f"{head}, design {summary['design']}, runtime {summary['runtime']}"
    counts = ", ".join(f"{count} {word}" for word, count in summary["verdicts"].items())
    stable = "the same verdict each time" if summary["stable"] else "verdicts differ"
    short = f" of {asked}" if done < asked else ""
    yield f"  {done}{short} runs: {counts}; {stable}"
    if summary["findings"]:
        yield "\nfindings"
    for one in summary["findings"]:
        yield f"  {one['runs']} of {done}  {one['finding']}: {one['first']}"
    if summary["numbers"]:
        yield "\nnumbers  least .. median .. greatest"
    for one in summary["numbers"]:
        values = " .. ".join(_shown(one[key], one["unit"]) for key in ("min", "median", "max"))
        yield f"  {values}  {one['name']}, {one['runs']} runs"
    yield "\nruns"
    for run in summary["runs"]:
        yield f"  {run['verdict']:<13}seed {run['seed']}  {run['run_dir']}"
    yield f"\nrepeat  {summary['repeat']}"


def _shown(value: float, unit: str) -> str:
    return f"{value * 1000:.4g}ms" if unit == "s" and value < 1 else f"{value:.4g}{unit}"
