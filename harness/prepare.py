"""Prepares a run: loads and validates what was asked for; starts and writes nothing."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.document import load_experiment
from harness.errors import ConfigError, Problem, RuntimeFailure, UnsupportedFault
from harness.experiment import Experiment, Step
from harness.feasibility import refuse_by_target
from harness.finding import find_words
from harness.json_types import JsonDict, JsonObject
from harness.overrides import AS_WRITTEN, Overrides
from harness.plugins import is_file
from harness.ports import Capability
from harness.recording import refuse_unrecorded
from harness.registry import Vocabulary, load_vocabulary
from harness.response.chosen import on_call
from harness.response.runbook import Runbook
from harness.rng import Seed
from harness.runtime_choice import chosen_runtime, refuse_runtime, refuse_unsupported
from harness.target import Target
from harness.text import quoted, utf8
from harness.workload import USUAL_MAKER, LoadMaker
from harness.yaml_source import Place, load_yaml, nearest, plain

USUAL = "hardened"  # the design when nobody names one
AS_IT_IS = "as-it-is"  # that of a target which knows no designs: what its file says


@dataclass(frozen=True)
class RunRequest:
    """What a person asked for.

    Args:
        experiment, design: id, name or path.
        runtime: "" takes the best that can run the experiment on this machine.
        runs: folder under which run folders are made.
        target: a file or a module; "" for the one that the experiment names.
        overrides: what is set in place of what the experiment says.
        topology: of the target; "" for its own, or one in which every fault has what it needs.
        manual: the people on call are whoever sits at the terminal.
        maker: of the load of a run in real time.
    """

    experiment: str
    design: str
    runtime: str
    seed: Seed
    runs: Path
    target: str = ""
    overrides: Overrides = AS_WRITTEN
    topology: str = ""
    manual: bool = False
    maker: LoadMaker = USUAL_MAKER


@dataclass(frozen=True)
class Prepared:
    """A validated order; nothing has been started or written.

    Args:
        chosen: which runtime was taken and why, where nobody named one; else "".
        runbook: by which alerts are answered; None: nobody is on call.
    """

    order: RunRequest
    path: Path
    experiment: Experiment
    design: JsonObject
    words: Vocabulary
    chosen: str = ""
    runbook: Runbook | None = None

    @property
    def repeat(self) -> str:
        """The command that repeats the run."""
        order = self.order
        parts = [
            "harness",
            "run",
            order.experiment,
            "--design",
            order.design,
            "--runtime",
            order.runtime,
            "--seed",
            str(order.seed.value),
            *target_option(order.target),
            *(["--topology", order.topology] if order.topology else []),
            *(["--manual"] if order.manual else []),
            *order.maker.argv,
            *order.overrides.argv,
        ]
        return utf8(shlex.join(parts))


def prepare(order: RunRequest) -> Prepared:
    """Read and validate everything.

    Raises:
        ConfigError: lists every problem.
        UnsupportedFault: the runtime has not the power for a fault.
    """
    words, path = find_words(order.experiment, order.target)
    words = in_topology(words, order.topology)
    design = load_design(order.design, words)
    words = as_designed(words, design)
    experiment = _load(path, words, order, design)
    kind, chosen = chosen_runtime(order.runtime, order.maker, experiment, words.target)
    if order.maker.locustfile:
        refuse_unrecorded(experiment, words, path, Path(order.maker.locustfile))
    refuse_unsupported(experiment.steps, kind)
    if not kind.models_standbys:
        other = as_designed(_with_standbys(experiment.steps, words, order.topology), design)
        if other is not words:
            words, experiment = other, _load(path, other, order, design)
    refuse_runtime(words.target, kind)
    if missing := kind.missing_for(words.target):
        raise RuntimeFailure("\n".join(missing))
    refuse_by_target(experiment.steps, words.target)
    runbook = on_call(experiment, design, words, by_hand_on=kind if order.manual else None)
    name = named_design(order.design, words)
    taken = replace(order, runtime=kind.name, design=name)
    return Prepared(taken, path, experiment, design, words, chosen, runbook)


def _load(path: Path, words: Vocabulary, order: RunRequest, design: JsonObject) -> Experiment:
    """The experiment, each fault as long as it must be in this design."""
    least_s: Mapping[str, float] = getattr(words.target, "least_s", lambda _: {})(design)
    return load_experiment(path, words, replace(order.overrides, least_s=least_s))


def as_designed(words: Vocabulary, design: JsonObject) -> Vocabulary:
    """The words of the topology that a design asks for; as they are where it asks for none."""
    ref = getattr(words.target, "topology_for", lambda _: "")(design)
    return load_vocabulary(ref) if ref else words


def in_topology(words: Vocabulary, name: str) -> Vocabulary:
    """The words of a target that is put together otherwise; as they are without a name.

    Raises:
        ConfigError: the target has no such topology; names those that it has.
    """
    if not name:
        return words
    known = topologies_of(words.target)
    if name not in known:
        cause = f"no topology {quoted(name)} of {words.target.name}" + nearest(name, known)
        raise ConfigError(Problem(cause, "--topology", ", ".join(known) or "none: it has but one"))
    return load_vocabulary(known[name])


def topologies_of(target: Target) -> Mapping[str, str]:
    """Name -> module or file."""
    known: Mapping[str, str] = getattr(target, "topologies", {})
    return known


def _with_standbys(steps: Sequence[Step], words: Vocabulary, asked: str) -> Vocabulary:
    """The words of a topology in which every database has the standby that the steps need.

    Args:
        asked: the topology that was named; no other one is taken in its place.

    Raises:
        UnsupportedFault: there is none; names each step.
    """
    if not (lacking := _without_standby(steps, words.target)):
        return words
    others = {name: load_vocabulary(ref) for name, ref in topologies_of(words.target).items()}
    able = {n: one for n, one in others.items() if not _without_standby(steps, one.target)}
    if able and not asked:
        return next(iter(able.values()))
    raise UnsupportedFault(
        [
            Problem(
                f"{one.fault.kind} at {one.fault.where}: {one.fault.where} has no standby",
                f"--topology {asked}" if asked else f"target {words.target.name}",
                ", ".join(able) or "a service with standby_of in the target",
            )
            for one in lacking
        ]
    )


def _without_standby(steps: Sequence[Step], target: Target) -> list[Step]:
    """Steps that need a standby of a database which has none."""
    has = {service.standby_of for service in target.services}
    needy = [step for step in steps if step.fault.capability is Capability.REPLICATION]
    return [step for step in needy if step.fault.where not in has]


def target_option(target: str) -> list[str]:
    """As it stands in a command."""
    return ["--target", target] if target else []


def named_design(given: str, words: Vocabulary) -> str:
    """What people are told of a design: a target that knows none is as it is."""
    return given if words.designs or is_file(given) else AS_IT_IS


def load_design(given: str, words: Vocabulary) -> JsonDict:
    """A design given as a name or a path; {} for a target that knows none, where none is named.

    Raises:
        ConfigError: there is none, or the target does not take it.
    """
    known = words.designs
    path = Path(given)
    if not known and given in (AS_IT_IS, USUAL):
        return {}
    if given in known:
        path = known[given]
    elif path.suffix not in (".yaml", ".yml"):
        raise ConfigError(
            Problem(
                f"no design {quoted(given)}" + nearest(given, known),
                "--design",
                ", ".join(known) + ", or a path to a YAML file",
                "harness list",
            )
        )
    raw = load_yaml(path)
    design: JsonDict = plain(raw)
    place = Place(path, raw)
    problems = [
        Problem(text, place.of_key(*_way(key, text)))
        for key, text in words.target.design_problems(design)
    ]
    if problems:
        raise ConfigError(problems)
    return design


def _way(key: str, text: str) -> list[str]:
    """The keys on the way to what `breaker.open_s: ...` is about."""
    way = text.partition(":")[0].split(".")
    return way if way[0] == key else [key]
