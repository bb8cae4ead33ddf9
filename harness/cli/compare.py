"""`harness compare`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from harness.cli.console import note, warn
from harness.cli.export import Export
from harness.cli.many_runs import carried_out, default_jobs, limit_s, written
from harness.compare import words
from harness.compare.outcome import Asked, outcome
from harness.errors import ConfigError, Problem
from harness.json_types import JsonDict, JsonObject
from harness.overrides import AS_WRITTEN, Overrides
from harness.prepare import Prepared, RunRequest, load_design, target_option
from harness.registry import load_vocabulary
from harness.rng import SEED_MAX, Seed
from harness.store import new_folder
from harness.suite.carry import Progress
from harness.suite.order import ordered
from harness.suite.outcome import name_of
from harness.suite.profile import load_profile
from harness.suite.selection import Entry, Selection, merged, named, of_profile, ready
from harness.text import quoted

COMPARE = "compare.json"
DESIGNS_MAX = 8  # chosen: a table of more is read by nobody
USUAL = "smoke"  # the suite that is taken where none is named


@dataclass(frozen=True)
class CompareOptions:
    """What a person asked for.

    Args:
        experiments: ids, names, paths, folders, names of suites; none for the suite `smoke`.
        seeds: how many; each experiment runs with every one.
        html: where a copy of the page goes.
    """

    designs: tuple[str, ...]
    experiments: tuple[str, ...] = ()
    seeds: int = 5
    seed: int = 1
    runtime: str = "sim"
    jobs: int | None = None
    time_limit: str = ""
    output: str = "text"
    runs: Path = Path("runs")
    target: str = ""
    overrides: Overrides = AS_WRITTEN
    html: Path | None = None

    @property
    def repeat(self) -> str:
        """The command that does it again."""
        parts = ["harness", "compare", *self.designs]
        parts += [word for ref in self.experiments for word in ("--experiments", ref)]
        parts += ["--seeds", str(self.seeds), "--seed", str(self.seed), "--runtime", self.runtime]
        parts += ["--jobs", str(self.jobs)] if self.jobs else []
        parts += ["--time-limit", self.time_limit] if self.time_limit else []
        return shlex.join([*parts, *target_option(self.target), *self.overrides.argv])


def compare_command(asked: CompareOptions, *, dry: bool = False) -> int:
    """Run every experiment with every seed on every design, and say who is better in what.

    Returns:
        0 when each design keeps every invariant, 1 when one breaks one; else the worst code.
    """
    longest_s = _checked(asked)
    selection = _selection(asked)
    each = [run for run in selection.runs if run.order.design == asked.designs[0]]
    for prepared in each:
        warn(prepared.experiment)
    for left in selection.left_out:
        note(f"harness: left out: {left.experiment}: {left.why}")
    runs = [_with(run, seed) for seed in _seeds(asked) for run in selection.runs]
    note(f"harness: {len(runs)} runs: {len(each)} experiments, {asked.seeds} seeds, "
         f"{len(asked.designs)} designs")  # fmt: skip
    jobs = asked.jobs or default_jobs()
    if dry:
        return 0
    done = Progress(longest_s)
    carried_out(runs if jobs == 1 else ordered(runs, jobs), jobs, done)
    summary = outcome(
        Asked(asked.designs, tuple(name_of(run) for run in each), asked.runtime, asked.seed,
              asked.seeds, asked.repeat),
        _by_design(asked, done.done),
        [(f"{name_of(run)}, {run.order.design}, seed {run.order.seed.value}", why)
         for run, why in done.not_run],
    )  # fmt: skip
    return _written(summary, asked)


def _written(summary: JsonDict, asked: CompareOptions) -> int:
    folder = new_folder(asked.runs, "compare")
    summary["folder"] = str(folder.path)
    return written(summary, COMPARE, folder, words, asked)


def _checked(asked: CompareOptions) -> float | None:
    """The time limit, s.

    Raises:
        ConfigError: everything that is wrong with what was asked for.
    """
    problems = list(Export(html=asked.html).problems())
    known = load_vocabulary(asked.target)
    if not 2 <= len(asked.designs) <= DESIGNS_MAX:
        cause = f"{len(asked.designs)} designs"
        remedy = "harness compare naive hardened"
        problems.append(Problem(cause, "DESIGNS", f"2 .. {DESIGNS_MAX}", remedy))
    for name in asked.designs:
        if asked.designs.count(name) > 1:
            problems.append(Problem(f"{quoted(name)} twice", "DESIGNS", "each design once"))
            break
    for name in dict.fromkeys(asked.designs):
        try:
            load_design(name, known)
        except ConfigError as error:
            problems += error.problems
    if asked.seed + asked.seeds - 1 > SEED_MAX:
        problems.append(Problem(f"seed {asked.seed}", "--seed", f"0..{SEED_MAX}, the last too"))
    longest_s = limit_s(asked.time_limit, problems)
    if problems:
        raise ConfigError(problems)
    return longest_s


def _selection(asked: CompareOptions) -> Selection:
    """Each experiment on each design, with the first seed."""
    entries = _entries(asked)
    strict = bool(asked.experiments)
    found = [
        ready(entries, partial(_request, asked, design), strict=strict) for design in asked.designs
    ]
    if not found[0].runs:
        raise ConfigError(Problem("no experiment can run", f"--runtime {asked.runtime}",
                                  remedy="harness list experiments"))  # fmt: skip
    side = zip(*(one.runs for one in found), strict=True)  # what ends early leaves whole pairs
    return Selection(tuple(run for runs in side for run in runs), found[0].left_out)


def _entries(asked: CompareOptions) -> list[Entry]:
    """What was named; without a name the usual suite, or every experiment that there is."""
    known = load_vocabulary(asked.target)
    usual = (USUAL,) if USUAL in known.suites else tuple(known.experiments)
    found: list[Entry] = []
    for ref in asked.experiments or usual:
        if ref in known.suites:
            found += of_profile(load_profile(known.suites[ref]), asked.target)
        else:
            found += named((ref,), (), asked.target)
    return list(dict.fromkeys(found))


def _request(asked: CompareOptions, design: str, entry: Entry) -> RunRequest:
    over = merged(asked.overrides, entry.overrides)
    return RunRequest(
        entry.ref, design, asked.runtime, Seed(asked.seed), asked.runs, asked.target, over
    )


def _seeds(asked: CompareOptions) -> Sequence[int]:
    return range(asked.seed, asked.seed + asked.seeds)


def _with(prepared: Prepared, seed: int) -> Prepared:
    return replace(prepared, order=replace(prepared.order, seed=Seed(seed)))


def _by_design(
    asked: CompareOptions, done: Sequence[tuple[Prepared, JsonObject]]
) -> dict[str, dict[tuple[str, int], JsonObject]]:
    found: dict[str, dict[tuple[str, int], JsonObject]] = {name: {} for name in asked.designs}
    for prepared, document in done:
        order = prepared.order
        found[order.design][name_of(prepared), order.seed.value] = document
    return found
