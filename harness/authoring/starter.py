"""A first experiment and a first design: commented, valid, ready to run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML

from harness.authoring.parameters import example
from harness.document import load_experiments
from harness.errors import ConfigError, Problem
from harness.plugins import DEFAULT_TARGET, is_file
from harness.registry import Vocabulary, explored
from harness.text import quoted
from harness.yaml_limits import read_text
from harness.yaml_source import dump_yaml, nearest, one_line

HEAD = """\
# Written by `harness init experiment`.
#   harness validate {file}    checks it and starts nothing
#   harness run {file}{design}
#   harness explain {fault}    says what the fault takes; harness list, what else there is
"""
LOAD = "\n# Open model: users do not wait for a sick service. journeys: what they do, by weight.\n"
STEADY = "\n# Must hold before the first fault, else nothing can be said; and after recovery.\n"
METHOD = (
    "\n# at: after so much load; for: how long, then it is undone. repeat:, every: do it again.\n"
)
RECOVERY = (
    "\n# Load after the last fault; half of it is the objective, unless objectives: says another.\n"
)
INVARIANTS = (
    "\n# What must hold all the time, judged from the recorded history: harness list invariants\n"
)
THRESHOLDS = """
# A limit on a measure in one phase, if you want one:
# thresholds:
#   - {{measure: latency_p99, of: {operation}, during: fault, tolerance: "< 2s"}}
"""
RADIUS = "\n# What may be touched; a run that goes beyond abort-when is stopped.\n"
FIRST = {"arrivals": "20/s"}
RECOVERS = "14s"
FEW = 8  # chosen: what a reader takes in; the first of a document are what it is about


def experiment(words: Vocabulary, fault: str, file: str) -> str:
    """The text of an experiment with one fault, in the words of a target.

    Args:
        fault: its kind.
        file: where it will be, for its commands.

    Raises:
        ConfigError: there is no such fault, or nothing that could be asked of the target.
    """
    if fault not in words.faults:
        cause = f"no fault {quoted(fault)}" + nearest(fault, words.faults)
        raise ConfigError(Problem(cause, "--fault", ", ".join(words.faults), "harness list faults"))
    (step,) = YAML(typ="safe").load(example(fault, words))
    place = str(step.get("link") or step.get("service"))
    like = next(iter(load_experiments(words).values()), None)
    document = {} if like is None else like.document
    operation = words.target.contract["operations"][0]
    probe = {"name": "served", "measure": "ok_ratio", "of": operation, "tolerance": ">= 0.99"}
    steady = {"title": "Users are served", "probes": [probe]}
    counted = "failed_operations > 500"
    radius = {"links" if "link" in step else "services": [place], "abort-when": counted}
    title = f"title: {one_line(f'What {fault} at {place} does')}\n"
    if words.source.ref != DEFAULT_TARGET:
        title += f"target: {one_line(_beside(words.source.ref, file))}\n"
    invariants = document.get("invariants") or _own_invariants(words)
    assert isinstance(invariants, list)
    design = next((f" --design {name}" for name in words.designs), "")
    return "".join(
        (
            HEAD.format(file=file, fault=fault, design=design),
            title,
            LOAD,
            dump_yaml({"load": document.get("load") or _load(words)}),
            STEADY,
            dump_yaml({"steady-state-hypothesis": document.get("steady-state-hypothesis", steady)}),
            METHOD,
            dump_yaml({"method": [step]}),
            RECOVERY,
            f"recovery: {one_line(document.get('recovery', RECOVERS))}\n",
            INVARIANTS,
            dump_yaml({"invariants": invariants[:FEW]}),
            THRESHOLDS.format(operation=operation),
            RADIUS,
            dump_yaml({"blast-radius": radius}),
        )
    )


def _beside(ref: str, file: str) -> str:
    """A target as an experiment names it: a file by its way from there."""
    return os.path.relpath(ref, Path(file).absolute().parent) if is_file(ref) else ref


def _load(words: Vocabulary) -> Mapping[str, object]:
    return {**FIRST, "journeys": {explored(words)[0]: 1}}


def _own_invariants(words: Vocabulary) -> list[str]:
    """Those of the target itself, else all that there are."""
    own = getattr(words.target, "invariants", {})
    return list(own if isinstance(own, Mapping) and own else words.invariants)


def design(words: Vocabulary, given: str) -> str:
    """The text of a design to change: a copy of one that is known, comments and all.

    Args:
        given: its name.

    Raises:
        ConfigError: there is none.
    """
    if given in words.designs:
        return f"# A copy of {given}, by `harness init design`; give it a name of its own.\n" + (
            read_text(words.designs[given])
        )
    if is_file(given) and Path(given).is_file():
        return read_text(Path(given))
    cause = f"no design {quoted(given)}" + nearest(given, words.designs)
    known = ", ".join(words.designs) + ", or a path to a YAML file"
    raise ConfigError(Problem(cause, "--like", known, "harness list designs"))
