"""Shrinks a failing simulated run while the same invariant breaks, with the same seed.

    steps ──> journeys ──> stages ──> rate ──> windows ──> delays ──> what comes before and after

Everything is tried on the document: what is left is an experiment like any other.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.document import for_any_folder, load_experiment
from harness.errors import ConfigError, HarnessError, Problem
from harness.explore.ddmin import ddmin, descend
from harness.explore.sim_run import trial
from harness.explore.smaller import PARTS, describe, narrowed, where, with_journeys, with_steps
from harness.json_types import JsonDict
from harness.model import Validity
from harness.registry import Vocabulary, changed, vocabulary_of
from harness.rejudge import recheck
from harness.run_record import read_run
from harness.store import EXPERIMENT
from harness.yaml_source import dump_yaml, load_yaml, plain

RUNTIME = "sim"
SHRUNK = "shrunk.yaml"
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

    document: JsonDict
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
        started = plain(load_yaml(folder / EXPERIMENT))
        self._start: JsonDict = for_any_folder(started, self._words.source.ref)
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

    def _without_steps(self, document: JsonDict) -> JsonDict:
        steps = document["method"]
        kept = ddmin(steps, lambda part: self._fails(with_steps(document, part)))
        for step in steps:
            if step not in kept:
                self._note(f"fault: {step['fault']} at {where(step)}")
        return with_steps(document, kept)

    def _without_journeys(self, document: JsonDict) -> JsonDict:
        weights: Mapping[str, int] = document["load"]["journeys"]
        kept = ddmin(list(weights), lambda names: self._fails(with_journeys(document, names)))
        for name in weights:
            if name not in kept:
                self._note(f"journey: {name}")
        return with_journeys(document, kept)

    def _fails(self, document: JsonDict) -> bool:
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
    document: JsonDict, design: Mapping[str, object], seed: int, words: Vocabulary
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
