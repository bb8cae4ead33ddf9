"""Makes a failing run smaller while the same invariant breaks: in the simulation, seed and all.

    steps ──> journeys ──> rate ──> windows ──> delays ──> what comes before and after

Everything is tried on the document: what is left is an experiment like any other.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.document import load_experiment
from harness.errors import ConfigError, HarnessError, Problem
from harness.explore.ddmin import ddmin, descend
from harness.explore.sim_run import trial
from harness.model import Validity
from harness.registry import Vocabulary, changed, vocabulary_of
from harness.rejudge import recheck
from harness.run_record import read_run
from harness.store import EXPERIMENT
from harness.units import parse_duration, parse_rate
from harness.yaml_source import dump_yaml, load_yaml, plain

RUNTIME = "sim"
SHRUNK = "shrunk.yaml"
# The figures of this block are chosen, not measured.
WINDOW_MIN_S, DELAY_MIN_S, BASELINE_MIN_S, RECOVERY_MIN_S = 0.25, 0.01, 1.0, 1.0
RATE_MIN = 0.5
DELAYS = ("delay", "jitter", "after", "close_after")

Document = dict[str, Any]
Say = Callable[[str], None]


@dataclass
class Reduced:
    """What became of a failing run.

    Args:
        document: the smaller experiment.
        invariant: what it still breaks.
        removed: what could go, a line each.
        tries: how many runs it took.
    """

    document: Document
    invariant: str
    removed: list[str] = field(default_factory=list)
    tries: int = 0


class Reducer:
    """Shrinks one run.

    Args:
        folder: of the run.
        invariant: what has to stay broken; "" takes the first one of the experiment that broke.
        target: a file or a module, in place of the recorded one; with the same content.
    """

    def __init__(self, folder: Path, invariant: str, say: Say, target: str = "") -> None:
        """Read the run.

        Raises:
            ConfigError: it is no run of the simulation, nothing broke in it, or its target has
                changed.
        """
        self._say = say
        about = read_run(folder)
        if about["runtime"] != RUNTIME:
            raise ConfigError(
                Problem(
                    f"the run was made on {about['runtime']}, which does not repeat exactly",
                    str(folder),
                    f"a run on {RUNTIME}",
                    f"{about['command'].replace(about['runtime'], RUNTIME)}",
                )
            )
        self._words = vocabulary_of(about, target)
        if problem := changed(about, self._words):
            raise ConfigError(problem)
        result = recheck(folder, self._words)
        broken = [one.checker for one in result.verdicts if one.validity is Validity.INVALID]
        if not broken or invariant not in ("", *broken):
            allowed = f"what broke: {', '.join(broken)}" if broken else "a run that failed"
            cause = f"{invariant or 'no invariant'} did not break" if broken else "nothing broke"
            raise ConfigError(Problem(f"{cause} in this run", str(folder), allowed))
        self._invariant = invariant or broken[0]
        self._design, self._seed = about["design_values"], int(about["seed"])
        self._start: Document = plain(load_yaml(folder / EXPERIMENT))
        self.result = Reduced(self._start, self._invariant)

    def reduce(self) -> Reduced:
        """Try everything, each against the same seed and design.

        Raises:
            HarnessError: the run as it was does not fail again.
        """
        document = narrowed(self._start, self._invariant)
        if not self._fails(document):
            raise HarnessError("the run does not fail again; was the code changed since?")
        document = self._without_steps(document)
        document = self._without_journeys(document)
        for name, smaller in PARTS:
            before = describe(document, name)
            document = descend(document, smaller, self._fails)
            after = describe(document, name)
            if after != before:
                self._note(f"{name}: {before} -> {after}")
        self.result.document = document
        return self.result

    def _without_steps(self, document: Document) -> Document:
        steps = document["method"]
        kept = ddmin(steps, lambda part: self._fails(with_steps(document, part)))
        for step in steps:
            if step not in kept:
                self._note(f"fault: {step['fault']} at {where(step)}")
        return with_steps(document, kept)

    def _without_journeys(self, document: Document) -> Document:
        weights: Mapping[str, int] = document["load"]["journeys"]
        kept = ddmin(list(weights), lambda names: self._fails(with_journeys(document, names)))
        for name in weights:
            if name not in kept:
                self._note(f"journey: {name}")
        return with_journeys(document, kept)

    def _fails(self, document: Document) -> bool:
        """Whether it still breaks what is to stay broken."""
        self.result.tries += 1
        try:
            broken = broken_by(document, self._design, self._seed, self._words)
            return self._invariant in broken
        except HarnessError:
            return False  # not an experiment any more: a step outlived the load, a fault was unfit

    def _note(self, text: str) -> None:
        self.result.removed.append(text)
        self._say(text)


def broken_by(
    document: Document, design: Mapping[str, Any], seed: int, words: Vocabulary
) -> frozenset[str]:
    """Run a document in the simulation.

    Returns:
        the invariants that broke.

    Raises:
        HarnessError: it is not valid.
    """
    with tempfile.TemporaryDirectory(prefix="harness-shrink-") as folder:
        path = Path(folder) / SHRUNK
        write(path, document)
        experiment = load_experiment(path, words)
    return frozenset(trial(experiment, design, words, seed).broken)


def write(path: Path, document: Mapping[str, object]) -> None:
    """Write a document as YAML."""
    path.write_text(dump_yaml(document), encoding="utf-8")


def narrowed(document: Document, invariant: str) -> Document:
    """The same about one invariant; no guard ends it early, no threshold is in the way."""
    small = copy.deepcopy(document)
    small["invariants"] = [invariant]
    small.pop("thresholds", None)
    small.get("blast-radius", {}).pop("abort-when", None)
    return small


def with_steps(document: Document, steps: Sequence[Document]) -> Document:
    """The same with these faults."""
    return {**document, "method": list(steps)}


def with_journeys(document: Document, names: Sequence[str]) -> Document:
    """The same with these journeys."""
    load = document["load"]
    kept = {name: load["journeys"][name] for name in names}
    return {**document, "load": {**load, "journeys": kept}}


def slower(document: Document) -> Iterator[Document]:
    """Half as many arrivals."""
    rate = parse_rate(document["load"]["arrivals"])
    if rate / 2 >= RATE_MIN:
        yield {**document, "load": {**document["load"], "arrivals": f"{rate / 2:g}/s"}}


def shorter_windows(document: Document) -> Iterator[Document]:
    """One fault half as long."""
    yield from _halved(document, ("for",), WINDOW_MIN_S)


def shorter_delays(document: Document) -> Iterator[Document]:
    """One delay of one fault half as long."""
    yield from _halved(document, DELAYS, DELAY_MIN_S)


def earlier(document: Document) -> Iterator[Document]:
    """The first fault, and with it all others, half as long after the start."""
    starts = [parse_duration(step["at"]) for step in document["method"]]
    less_s = min(starts) / 2
    if min(starts) - less_s >= BASELINE_MIN_S:
        moved = [
            {**step, "at": f"{at_s - less_s:g}s"}
            for step, at_s in zip(document["method"], starts, strict=True)
        ]
        yield with_steps(document, moved)


def sooner_over(document: Document) -> Iterator[Document]:
    """Half the load after the last fault."""
    left_s = parse_duration(document["recovery"]) / 2
    if left_s >= RECOVERY_MIN_S:
        yield {**document, "recovery": f"{left_s:g}s"}


def _halved(document: Document, keys: Sequence[str], least_s: float) -> Iterator[Document]:
    steps = document["method"]
    for number, step in enumerate(steps):
        for key in keys:
            half_s = parse_duration(step.get(key, 0)) / 2
            if half_s >= least_s:
                changed = {**step, key: f"{half_s:g}s"}
                yield with_steps(document, [*steps[:number], changed, *steps[number + 1 :]])


PARTS: tuple[tuple[str, Callable[[Document], Iterator[Document]]], ...] = (
    ("arrivals", slower),
    ("windows", shorter_windows),
    ("delays", shorter_delays),
    ("baseline", earlier),
    ("recovery", sooner_over),
)


def describe(document: Document, part: str) -> str:
    """What a part of the document says now."""
    steps = document["method"]
    if part in ("arrivals", "recovery"):
        return str(document["load"]["arrivals"] if part == "arrivals" else document["recovery"])
    if part == "baseline":
        return f"{min(parse_duration(step['at']) for step in steps):g}s"
    keys = ("for",) if part == "windows" else DELAYS
    return ", ".join(f"{key} {step[key]}" for step in steps for key in keys if key in step)


def where(step: Mapping[str, Any]) -> str:
    """The link or service of a step."""
    return str(step.get("link") or step.get("service") or "?")
