"""`harness suite`, and `harness run` of more than one experiment."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from harness.cli.console import note, out, out_json, progress, stdout, warn
from harness.cli.export import NOTHING, Export, Made, show_in_ci
from harness.cli.many_runs import default_jobs, limit_s
from harness.cli.run import choose, one_run
from harness.clock import utc_stamp
from harness.errors import ConfigError, Problem
from harness.experiment import id_of_file
from harness.json_types import JsonDict, JsonObject
from harness.overrides import AS_WRITTEN, Overrides
from harness.pool.hands import Where, hands
from harness.prepare import Prepared, RunRequest, target_option
from harness.registry import load_vocabulary
from harness.report.ci import metrics
from harness.report.junit import junit
from harness.runtime_registry import load_runtime
from harness.store import new_folder
from harness.suite import words
from harness.suite.carry import Progress, one_by_one, side_by_side
from harness.suite.difference import load_side
from harness.suite.gate import Gate, load_waivers
from harness.suite.order import expected_s, last_failed, ordered, parse_shard, shard
from harness.suite.outcome import SUITE, Asked, outcome
from harness.suite.profile import Profile, find_profile, load_profile
from harness.suite.selection import Entry, Selection, merged, named, of_profile, ready

SELECTION = "selection"
SIM = "sim"


@dataclass(frozen=True)
class SuiteOptions:
    """How the runs of a suite are carried out, and what is written of them.

    Args:
        jobs: runs at a time; None: one on few cores.
        time_limit: nothing begins that would not end within it.
        shard: `2/4`: the second of four parts.
        repeat: how often each; None: as the profile says.
    """

    design: str = "hardened"
    runtime: str | None = None
    seed: int | None = None
    output: str = "text"
    runs: Path = Path("runs")
    target: str = ""
    overrides: Overrides = AS_WRITTEN
    jobs: int | None = None
    time_limit: str = ""
    shard: str = ""
    last_failed: bool = False
    repeat: int | None = None
    export: Export = NOTHING
    baseline: str = ""
    waivers: Path | None = None
    topology: str = ""
    cluster: str = ""

    @property
    def argv(self) -> list[str]:
        """What repeats it, but for design, runtime and seed."""
        given: list[tuple[str, object]] = [
            ("--jobs", self.jobs),
            ("--time-limit", self.time_limit),
            ("--shard", self.shard),
            ("--repeat", self.repeat),
        ]
        given += [("--baseline", self.baseline), ("--waivers", self.waivers)]
        given.append(("--topology", self.topology))
        words = [word for name, value in given if value for word in (name, str(value))]
        return [*words, *target_option(self.target), *self.overrides.argv]


def suite_command(name: str, asked: SuiteOptions, *, dry: bool = False) -> int:
    """Run a profile.

    Returns:
        the exit code of the worst run.
    """
    known = load_vocabulary(asked.target)
    path = find_profile(name, known)
    profile = load_profile(path)
    entries = of_profile(profile, asked.target) * (asked.repeat or profile.repeat)
    title = Asked(path.stem, profile.title, "", "", 0, shlex.join(["harness", "suite", name]))
    return _carry_out(title, entries, asked, strict=False, dry=dry)


def selection_command(
    refs: Sequence[str], tags: Sequence[str], asked: SuiteOptions, *, dry: bool = False
) -> int:
    """Run what a person named.

    Returns:
        the exit code of the worst run.
    """
    entries = named(refs, tags, asked.target) * (asked.repeat or 1)
    given = [*refs, *(word for tag in tags for word in ("--tags", tag))]
    title = Asked(SELECTION, "", "", "", 0, shlex.join(["harness", "run", *given]))
    strict = not tags and not any(Path(ref).is_dir() for ref in refs)
    return _carry_out(title, entries, asked, strict=strict, dry=dry)


def _carry_out(
    title: Asked, entries: Sequence[Entry], asked: SuiteOptions, *, strict: bool, dry: bool
) -> int:
    longest_s, part = _checked(asked)
    gate = _gate(asked)
    runtime = load_runtime(asked.runtime).name if asked.runtime else ""
    seed = choose(asked.seed)

    def request(entry: Entry) -> RunRequest:
        over = merged(asked.overrides, entry.overrides)
        return RunRequest(
            entry.ref, asked.design, runtime, seed, asked.runs, asked.target, over, asked.topology
        )

    selection = ready(entries, request, strict=strict)
    jobs = asked.jobs or default_jobs()
    chosen = _chosen(selection, asked, part)
    for run in chosen:
        warn(run.experiment)
    runs = ordered(chosen, jobs)
    if dry:
        return _dry(runs, selection)
    done = Progress(longest_s)
    if asked.cluster:
        _on_cluster(runs, asked.cluster, done)
    elif jobs == 1 or len(runs) < 2:
        one_by_one(runs, one_run, done, note)
    else:
        side_by_side(runs, jobs, done, progress())
    designs = sorted({run.order.design for run in runs})  # as their targets call it
    given = [
        "--design",
        designs[0] if len(designs) == 1 else asked.design,
        *(["--runtime", runtime] if runtime else []),
    ]
    again = f"{title.repeat} {shlex.join([*given, '--seed', str(seed.value), *asked.argv])}"
    where = runtime or ", ".join(sorted({run.order.runtime for run in runs}))
    known = replace(
        title,
        design=", ".join(designs) or asked.design,
        runtime=where,
        seed=seed.value,
        repeat=again,
    )
    summary = gate.judged(outcome(known, done, selection.left_out))
    return _written(summary, [document for _, document in done.done], asked)


def _on_cluster(runs: Sequence[Prepared], address: str, done: Progress) -> None:
    """Simulated runs by a cluster, as many at a time as it has threads.

    Raises:
        ConfigError: there is no such cluster, or runs of real parts, which touch this machine.
    """
    real = sorted({run.order.runtime for run in runs} - {SIM})
    if real:
        raise ConfigError(
            Problem(f"runs on {', '.join(real)}", "--cluster", SIM, f"--runtime {SIM}")
        )
    with hands(Where(1, address)) as (pool, number):
        side_by_side(runs, number, done, progress(), pool)


def _gate(asked: SuiteOptions) -> Gate:
    """What is known before.

    Raises:
        ConfigError: a file is not there, or not what it should be.
    """
    today = date.fromisoformat(utc_stamp()[:10])
    known = load_side(asked.runs, asked.baseline) if asked.baseline else None
    waivers = load_waivers(asked.waivers) if asked.waivers is not None else ()
    return Gate(today, known, waivers, f"baseline {asked.baseline}")


def _written(summary: JsonDict, documents: Sequence[JsonObject], asked: SuiteOptions) -> int:
    """Into the folder of the suite, to where a person wants it, and onto stdout."""
    folder = new_folder(asked.runs, f"suite-{summary['suite']}")
    summary["folder"] = str(folder.path)
    folder.write_json(SUITE, summary)
    text = words.as_markdown(summary)
    named_runs = [(run["name"], one) for run, one in zip(summary["runs"], documents, strict=True)]
    skipped = [(one.get("name", one["experiment"]), one["why"])
               for one in (*summary["not_run"], *summary["left_out"])]  # fmt: skip
    made = Made(
        junit(named_runs, skipped),
        lambda where: words.page(summary, where),
        metrics(summary["runs"]),
    )
    folder.write("summary.md", text)
    made.write_into(folder)
    asked.export.write(made)
    show_in_ci(text, summary["runs"])
    if asked.output == "json":
        out_json(summary)
    else:
        words.show(summary, stdout())
    return int(summary["exit_code"])


def _checked(asked: SuiteOptions) -> tuple[float | None, tuple[int, int] | None]:
    """Time limit in s and part, both at once.

    Raises:
        ConfigError: what is wrong with either, and with the files to be written.
    """
    problems: list[Problem] = []
    part: tuple[int, int] | None = None
    longest_s = limit_s(asked.time_limit, problems)
    try:
        part = parse_shard(asked.shard) if asked.shard else None
    except ConfigError as error:
        problems += error.problems
    problems += asked.export.problems()
    if problems:
        raise ConfigError(problems)
    return longest_s, part


def _chosen(
    selection: Selection, asked: SuiteOptions, part: tuple[int, int] | None
) -> list[Prepared]:
    runs = list(selection.runs)
    if asked.last_failed:
        failed = last_failed(runs)
        note("harness: nothing failed last time: all of them run" if not failed else
             f"harness: {len(failed)} of {len(runs)} failed last time")  # fmt: skip
        runs = failed or runs
    return shard(runs, *part) if part else runs


def _dry(runs: Sequence[Prepared], selection: Selection) -> int:
    for run in runs:
        out(f"{run.experiment.id:<5}{run.experiment.title}, about {expected_s(run):.0f} s")
    for one in selection.left_out:
        out(f"left out: {one.experiment}: {one.why}")
    out(f"{len(runs)} runs, about {sum(map(expected_s, runs)):.0f} s one after the other")
    return 0


def list_command(output: str, target: str = "") -> int:
    """Print the profiles that there are, and what the catalogue still lacks.

    Returns:
        0; problems are raised.
    """
    known = load_vocabulary(target)
    found = {name: load_profile(path) for name, path in known.suites.items()}
    rows = [_listed(name, profile, target) for name, profile in found.items()]
    if output == "json":
        out_json({"suites": rows})
        return 0
    for row in rows:
        out(f"{row['suite']:<14}{row['title']}")
        for run in row["experiments"]:
            out(f"    {run}")
        for ident, title in row["wanted"].items():
            out(f"    not written yet: {ident} {title}")
    return 0


def _listed(name: str, profile: Profile, target: str) -> JsonDict:
    known = load_vocabulary(target).experiments
    built = {id_of_file(name) for name in known}
    refs = [entry.ref for entry in of_profile(profile, target)]
    return {
        "suite": name,
        "title": profile.title,
        "repeat": profile.repeat,
        "experiments": refs,
        "wanted": {one: title for one, title in profile.wanted.items() if one not in built},
    }
