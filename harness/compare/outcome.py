"""What a comparison found, as one JSON document."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from harness.compare.evidence import Contest, finite, front, limit_for, of_counts, of_pairs
from harness.compare.measures import AVAILABILITY, MEASURES, Measure, users
from harness.json_types import JsonDict, JsonObject
from harness.model import EXIT_CODES, RunVerdict
from harness.stats import clopper_pearson, median_interval, quantile
from harness.suite.findings import findings, verdict_of, worst

FAIL = EXIT_CODES[RunVerdict.FAIL]
NOTHING_PROVEN = EXIT_CODES[RunVerdict.INCONCLUSIVE]

Key = tuple[str, int]
"""Name of an experiment, seed."""
Runs = Mapping[str, Mapping[Key, JsonObject]]
"""Design -> its runs."""


@dataclass(frozen=True)
class Asked:
    """What a person asked for.

    Args:
        experiments: names.
        seeds: how many.
        repeat: the command that does it again.
    """

    designs: tuple[str, ...]
    experiments: tuple[str, ...]
    runtime: str
    seed: int
    seeds: int
    repeat: str


def outcome(asked: Asked, runs: Runs, not_run: Sequence[tuple[str, str]]) -> JsonDict:
    """The document.

    Args:
        not_run: what was to run and did not, and why.
    """
    rows = [_design(name, runs[name]) for name in asked.designs]
    able = [row["design"] for row in rows if not row["invariants"] and not row["incomplete"]]
    compared = {name: runs[name] for name in able} if len(able) > 1 else {}
    contests = list(_contests(compared))
    code = worst(_code(row, runs[row["design"]]) for row in rows)
    if not_run:
        code = code or NOTHING_PROVEN
    return {
        **asdict(asked),
        "verdict": verdict_of(code),
        "exit_code": code,
        "results": rows,
        "numbers": [_numbers(name, compared[name]) for name in compared],
        "contests": [_told(one, asked) for one in contests],
        "front": front(able, contests) if compared else [],
        "not_run": [{"run": name, "why": why} for name, why in not_run],
    }


def _design(name: str, runs: Mapping[Key, JsonObject]) -> JsonDict:
    """What a design promises, and whether it kept it."""
    told = {f"{ref}, seed {seed}": run for (ref, seed), run in runs.items()}
    broken = [(one, at, run) for at, run in told.items() for one in findings(run)]
    return {
        "design": name,
        "runs": len(runs),
        "verdicts": dict(Counter(run["verdict"] for run in runs.values())),
        "invariants": list(_named("invariant ", broken)),
        "others": list(_named("", broken)),
        "incomplete": [
            {
                "run": at,
                "verdict": run["verdict"],
                "why": run["reasons"][0],
                "repeat": run["repeat"],
            }
            for at, run in told.items()
            if run["exit_code"] not in (0, FAIL)
        ],
    }


def _named(kind: str, broken: Sequence[tuple[Any, str, JsonObject]]) -> Iterator[JsonDict]:
    """Findings of a kind, the most frequent first, each with its first counterexample; "" for
    those that are no broken invariant."""
    mine = [
        (one, at, run) for one, at, run in broken
        if (one.key.startswith("invariant ") if kind else not one.key.startswith("invariant "))
    ]  # fmt: skip
    for key, count in Counter(one.key for one, _, _ in mine).most_common():
        one, at, run = next(found for found in mine if found[0].key == key)
        yield {
            "finding": key.removeprefix(kind),
            "runs": count,
            "first": one.what,
            "run": at,
            "run_dir": run["run_dir"],
            "repeat": run["repeat"],
        }


def _code(row: JsonObject, runs: Mapping[Key, JsonObject]) -> int:
    """1 for a broken invariant; a threshold that was missed is one of the numbers."""
    others = [run["exit_code"] for run in runs.values() if run["exit_code"] != FAIL]
    return worst([*others, FAIL if row["invariants"] else 0, 0 if runs else NOTHING_PROVEN])


def _contests(runs: Runs) -> Iterator[Contest]:
    pairs = list(combinations(runs, 2))
    limit = limit_for(len(pairs) * (len(MEASURES) + 1))
    for a, b in pairs:
        both = [key for key in runs[a] if key in runs[b]]
        counted = (_users(runs[a], both), _users(runs[b], both))
        yield of_counts(AVAILABILITY.key, (a, b), *counted, len(both), limit)
        for measure in MEASURES:
            read = [(measure.read(runs[a][key]), measure.read(runs[b][key])) for key in both]
            known = [(x, y) for x, y in read if x is not None and y is not None]
            yield of_pairs(measure.key, (a, b), known, limit)


def _users(runs: Mapping[Key, JsonObject], keys: Sequence[Key]) -> tuple[int, int]:
    counted = [users(runs[key]) for key in keys]
    return sum(bad for bad, _ in counted), sum(n for _, n in counted)


def _numbers(name: str, runs: Mapping[Key, JsonObject]) -> JsonDict:
    """Each number of a design with its 95 % interval."""
    bad, n = _users(runs, list(runs))
    low, high = clopper_pearson(n - bad, n) if n else (0.0, 1.0)
    share = {"value": (n - bad) / n if n else None, "low": low, "high": high, "n": n}
    return {"design": name, AVAILABILITY.key: share} | {
        measure.key: _median(measure, runs) for measure in MEASURES
    }


def _median(measure: Measure, runs: Mapping[Key, JsonObject]) -> JsonDict:
    """The median over the runs, by order statistics.

    Returns:
        `never`: in how many of them it did not end.
    """
    read = [measure.read(run) for run in runs.values()]
    values = [value for value in read if value is not None]
    if not values:
        return {"value": None, "low": None, "high": None, "n": 0, "never": 0}
    low, high = median_interval(values)
    return {
        "value": finite(quantile(values, 0.5)),
        "low": finite(low),
        "high": finite(high),
        "n": len(values),
        "never": sum(value == math.inf for value in values),
    }


def _told(one: Contest, asked: Asked) -> JsonDict:
    """With how many more seeds it would take."""
    more = None
    if one.runs_needed is not None:
        more = max(1, math.ceil(one.runs_needed / len(asked.experiments)) - asked.seeds)
    return {**asdict(one), "more_seeds": more}
