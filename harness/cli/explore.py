"""`harness explore`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from harness.cli.console import note, out_json, progress, stdout
from harness.errors import ConfigError, Problem
from harness.explore.confirm import Confirmation, confirm
from harness.explore.explorer import SearchRequest, explore
from harness.explore.fault_free import unfit
from harness.explore.grouping import Group, grouped
from harness.explore.plans import Fault, Plan, World
from harness.explore.progress import ProgressReporter
from harness.explore.report import SearchReport, document, text
from harness.explore.result import UNFIT, Found
from harness.explore.sim_world import SimWorld, checkers_of, factors_of
from harness.explore.to_experiment import Ask, regression
from harness.explore.workers import Workers, cores
from harness.plugins import DEFAULT_TARGET, constant
from harness.pool.hands import Where
from harness.prepare import RunRequest, load_design, named_design, target_option
from harness.registry import Vocabulary, explored, load_vocabulary
from harness.rng import SEED_MAX, Seed
from harness.store import RunFolder, new_folder
from harness.target import Factors, core_of
from harness.text import quoted
from harness.units import parse_duration
from harness.yaml_source import nearest

FILES_MAX = 40  # chosen: experiments written for one search
JOURNEYS_MAX = 10  # chosen: a world of more is slower than what it could show is worth
FAULTS_MAX = 6  # chosen: beyond it, the number of sets has no bound that a person would wait for
BUDGET_MIN_S = 1.0
CONFIRM_ON = "process"


@dataclass(frozen=True)
class ExploreOptions:
    """What a person asked for.

    Args:
        journeys: none for the first of those that the target names.
    """

    design: str
    journeys: tuple[str, ...] = ()
    faults: int = 3
    budget: str = "60s"
    workers: int | None = None
    seed: int = 1
    target: str = ""
    exact: bool = False
    swarm: bool = True
    environment: tuple[str, ...] = ()
    runs: Path = field(default=Path("runs"))
    cluster: str = ""

    @property
    def repeat(self) -> str:
        """The command that does it again."""
        parts = ["harness", "explore", "--design", self.design]
        for journey in self.journeys:
            parts += ["--journey", journey]
        parts += ["--faults", str(self.faults), "--budget", self.budget, "--seed", str(self.seed)]
        parts += target_option(self.target)
        parts += ["--exact"] if self.exact else []
        for setting in self.environment:
            parts += ["--environment", setting]
        parts += [] if self.swarm else ["--no-swarm"]
        return shlex.join(parts)


def explore_command(asked: ExploreOptions, *, confirming: bool, output: str) -> int:
    """Search, write down what was found, print it.

    Returns:
        0 nothing breaks, 1 something does, 3 the world without faults does not work or the
        budget is too short, 130 interrupted.
    """
    words = load_vocabulary(asked.target)
    name, journeys = named_design(asked.design, words), asked.journeys or explored(words)[:1]
    asked = replace(asked, design=name, journeys=journeys)
    budget_s = _check(asked, words)
    design = load_design(asked.design, words)
    world = SimWorld(design, asked.journeys, asked.seed, asked.target, _plan(asked))
    why = unfit(world)
    factors = factors_of(words.target)
    found = Found(ended=UNFIT) if why else _search(asked, world, budget_s, factors)
    account = _account(asked, world, words, design, found)
    account.unfit = why
    if confirming and found.ended != "interrupted":
        account.confirmed += _confirm(asked, account)
    RunFolder(Path(account.folder)).write_json("explore.json", document(account))
    if output == "json":
        out_json(document(account))
    else:
        console = stdout()
        for line in text(account, console.width):
            console.print(line, soft_wrap=True)
    return account.exit_code


def _check(asked: ExploreOptions, words: Vocabulary) -> float:
    """Every problem with what was asked for at once.

    Returns:
        the budget, s.
    """
    problems = [p for one in asked.journeys for p in _no_journey(one, words)]
    if len(asked.journeys) > JOURNEYS_MAX:
        allowed = f"up to {JOURNEYS_MAX}, all at once"
        problems.append(Problem(f"{len(asked.journeys)} journeys", "--journey", allowed))
    problems += [p for one in asked.environment for p in _no_setting(one, words)]
    if not 0 <= asked.faults <= FAULTS_MAX:
        problems.append(Problem(f"{asked.faults} faults", "--faults", f"0..{FAULTS_MAX}"))
    if asked.workers is not None and asked.workers < 1:
        problems.append(Problem(f"{asked.workers} workers", "--workers", "1 or more"))
    if not 0 <= asked.seed <= SEED_MAX:
        problems.append(Problem(f"seed {asked.seed}", "--seed", f"0..{SEED_MAX}"))
    budget_s = 0.0
    try:
        budget_s = parse_duration(asked.budget)
        if budget_s < BUDGET_MIN_S:
            problems.append(Problem(f"{asked.budget} is too short", "--budget", "1s .. 24h"))
    except ValueError as error:
        problems.append(Problem(str(error), "--budget", "60s, 5m, 1h"))
    if problems:
        raise ConfigError(problems)
    return budget_s


def _no_journey(name: str, words: Vocabulary) -> list[Problem]:
    """Why it is neither one of those that there are nor a module with a JOURNEY."""
    allowed = ", ".join(words.journeys) + ", or the dotted name of a module with a JOURNEY"
    if name in words.journeys:
        return []
    if "." not in name:
        cause = f"no journey {quoted(name)}" + nearest(name, words.journeys)
        return [Problem(cause, "--journey", allowed)]
    try:
        constant(name, "JOURNEY")
    except ConfigError as error:
        why = error.problems[0].cause
        return [Problem(f"no journey {quoted(name)}: {why}", "--journey", allowed)]
    return []


def _no_setting(setting: str, words: Vocabulary) -> list[Problem]:
    """What is wrong with `NAME=VALUE`."""
    factors = factors_of(words.target)
    name, _, value = setting.partition("=")
    if value in factors.get(name, {}):
        return []
    allowed = "; ".join(f"{one}={'|'.join(values)}" for one, values in factors.items())
    known = [f"{one}={value}" for one, values in factors.items() for value in values]
    why = f"no setting {quoted(setting)}" + nearest(setting, known)
    return [Problem(why, "--environment", allowed or "none: the target has no factors")]


def _plan(asked: ExploreOptions) -> Plan:
    pairs = (setting.partition("=") for setting in asked.environment)
    return tuple(Fault(name, value) for name, _, value in pairs)


def _search(asked: ExploreOptions, world: SimWorld, budget_s: float, factors: Factors) -> Found:
    where = Where(asked.workers or cores(), asked.cluster)
    request = SearchRequest(asked.faults, budget_s, asked.seed, asked.swarm, asked.exact)
    beyond = asked.swarm and not asked.environment  # in one environment, not in others
    others = {name: tuple(values) for name, values in factors.items()} if beyond else {}
    found = Found(workers=where.number)
    try:
        with (
            Workers(partial(_same, world), where, budget_s) as runner,
            ProgressReporter(budget_s) as tell,
        ):
            found.workers = runner.number
            explore(runner, request, tell, found, others)
    except KeyboardInterrupt:  # while the workers were started or ended
        found.ended = "interrupted"
    return found


def _same(world: World) -> World:
    """A worker's own world: what it carries was copied on the way there."""
    return world


def _account(
    asked: ExploreOptions,
    world: SimWorld,
    words: Vocabulary,
    design: Mapping[str, object],
    found: Found,
) -> SearchReport:
    groups = grouped(found.minimal, {one.name: one.ids for one in checkers_of(words)})
    called = {point.rpartition("#")[0] for point in found.operations}
    folder = new_folder(asked.runs, f"explore-{Path(asked.design).stem}")
    return SearchReport(
        design=asked.design,
        journeys=asked.journeys,
        seed=asked.seed,
        faults=asked.faults,
        found=found,
        groups=groups,
        never_called=[one.name for one in core_of(words.target).links if one.name not in called],
        folder=str(folder.path),
        repeat=asked.repeat,
        files=[_write(folder, n, g, world, words) for n, g in enumerate(groups[:FILES_MAX], 1)],
        commands=[_again(asked, group) for group in groups],
        explained={
            name: words.target.explain(name, design) for g in groups for name in g.invariants
        },
        environment=asked.environment,
    )


def _write(folder: RunFolder, number: int, group: Group, world: SimWorld, words: Vocabulary) -> str:
    """The experiment of a group.

    Returns:
        its path, or "" where real parts have no counterpart.
    """
    known = [name for name in group.invariants if name in words.invariants]
    settings = any(fault.is_setting for fault in (*world.environment, *group.first.plan))
    if not group.first.plan or not known or settings:
        return ""
    seen, first = world.run(group.first.plan), world.trace(()).history.all_ops[0]
    journeys = {name: world.journeys.count(name) for name in world.journeys}
    ask = Ask(journeys, first.f, known, _named(words))
    made = regression(group.first, seen.calls, words.target, ask)
    if made.left_out:
        return ""
    name = f"{number:02d}_{known[0]}.yaml"
    folder.write(name, made.text)
    return str(folder.path / name)


def _named(words: Vocabulary) -> str:
    """The target, where an experiment has to say it."""
    ref = words.source.ref
    return "" if ref == DEFAULT_TARGET else ref


def _again(asked: ExploreOptions, group: Group) -> str:
    """The command that finds a group in its surroundings; "" where they are those asked for."""
    settings = [f"{one.point}={one.mode}" for one in group.first.plan if one.is_setting]
    if not settings:
        return ""
    calls, all_ = len(group.first.plan) - len(settings), (*asked.environment, *settings)
    return replace(asked, faults=calls, environment=all_, swarm=False).repeat


def _order(asked: ExploreOptions, file: str, folder: str) -> RunRequest:
    """The run that confirms what was found, below the folder of the search."""
    seed, runs = Seed(asked.seed), Path(folder)
    return RunRequest(file, asked.design, CONFIRM_ON, seed, runs, asked.target)


def _confirm(asked: ExploreOptions, account: SearchReport) -> list[Confirmation]:
    say = progress()
    confirmed = []
    for file in filter(None, account.files):
        say(f"{file} on {CONFIRM_ON}")
        confirmed.append(confirm(_order(asked, file, account.folder), say))
    if not confirmed:
        note("harness: nothing to confirm")
    return confirmed
