"""`harness envelope`."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.cli.console import note, progress
from harness.cli.export import Export
from harness.cli.many_runs import limit_s, quietly, written
from harness.document import for_any_folder
from harness.envelope import words
from harness.envelope.knobs import ALLOWED, Knob, parse, with_value
from harness.envelope.search import BROKEN, GRID, Point, explore, judged, zones
from harness.errors import ConfigError, Problem
from harness.experiment import Experiment
from harness.json_types import JsonDict, JsonObject
from harness.overrides import AS_WRITTEN, Overrides
from harness.prepare import Prepared, RunRequest, prepare, target_option
from harness.rng import Seed
from harness.store import RunFolder, new_folder
from harness.suite.carry import Progress, one_by_one
from harness.variables import escaped
from harness.yaml_source import dump_yaml

ENVELOPE = "envelope.json"
CONFIRM_ON = "process"


@dataclass(frozen=True)
class EnvelopeOptions:
    """What a person asked for.

    Args:
        vary: `for=1s..120s` each.
        precision: how narrow the gap at a change becomes, as a share of the value.
        confirm: run both sides of each breaking point on real parts.
    """

    experiment: str
    vary: tuple[str, ...]
    design: str = "hardened"
    precision: float = 0.05
    seed: int = 1
    runtime: str = "sim"
    time_limit: str = ""
    confirm: bool = False
    output: str = "text"
    runs: Path = Path("runs")
    target: str = ""
    overrides: Overrides = AS_WRITTEN
    html: Path | None = None

    @property
    def repeat(self) -> str:
        """The command that does it again."""
        parts = ["harness", "envelope", self.experiment]
        parts += [word for one in self.vary for word in ("--vary", one)]
        parts += ["--design", self.design, "--precision", f"{self.precision:g}"]
        parts += ["--seed", str(self.seed), "--runtime", self.runtime]
        parts += ["--time-limit", self.time_limit] if self.time_limit else []
        parts += ["--confirm"] if self.confirm else []
        return shlex.join([*parts, *target_option(self.target), *self.overrides.argv])


@dataclass
class Trials:
    """Runs of the experiment with one value after the other.

    Args:
        target: by which they are loaded.
        folder: for the documents of each value.
    """

    asked: EnvelopeOptions
    experiment: Experiment
    design: JsonObject
    target: str
    folder: Path
    progress: Progress
    say: Callable[[str], None]
    found: dict[tuple[str, float], JsonObject] = field(default_factory=dict)

    def attempt(self, knob: Knob, value: float) -> Point | None:
        """Run one value; None when the time is over or somebody ended it."""
        run = self.prepared(knob, value, self.asked.runtime)
        if (document := self._run(run)) is None:
            return None
        point = judged(value, document)
        self.say(f"{knob.name}={knob.shown(value)}: {point.state} {point.first}"[:120].rstrip())
        return point

    def confirm(self, knob: Knob, point: Point) -> JsonDict | None:
        """The same value on real parts."""
        document = self._run(self.prepared(knob, point.value, CONFIRM_ON))
        if document is None:
            return None
        seen = judged(point.value, document)
        return {
            "runtime": CONFIRM_ON,
            "shown": knob.shown(point.value),
            "state": seen.state,
            "expected": point.state,
            "first": seen.first,
            "run_dir": document["run_dir"],
        }

    def _run(self, run: Prepared) -> JsonObject | None:
        before = len(self.progress.done)
        one_by_one([run], quietly, self.progress, lambda _: None)
        done = self.progress.done[before:]
        return done[0][1] if done and not self.progress.stopped else None

    def prepared(self, knob: Knob, value: float, runtime: str) -> Prepared:
        """The documents of a value, written and checked."""
        document, design = with_value(knob, value, self.experiment, self.design)
        document = for_any_folder(document, self.target)
        name = re.sub(r"[^a-z0-9_.]+", "_", f"{knob.name}_{knob.shown(value)}".lower())
        path, own = self.folder / f"{name}.yaml", self.folder / f"design_{name}.yaml"
        path.write_text(dump_yaml(escaped(document)), "utf-8")
        own.write_text(dump_yaml(design), "utf-8")
        asked = self.asked
        given = str(own) if knob.name.startswith("design.") else asked.design
        return prepare(
            RunRequest(str(path), given, runtime, Seed(asked.seed), asked.runs, asked.target)
        )


def envelope_command(asked: EnvelopeOptions) -> int:
    """Vary one thing at a time and find where service degrades and breaks.

    Returns:
        0 when nothing breaks in any range, 1 when something does, 3 when nothing could be said.
    """
    longest_s, base, knobs = _checked(asked)
    asked = replace(asked, design=base.order.design)
    folder = new_folder(asked.runs, "envelope")
    documents = folder.path / "experiments"
    documents.mkdir()
    trials = Trials(
        asked, base.experiment, base.design, base.words.source.ref, documents,
        Progress(longest_s), progress(),
    )  # fmt: skip
    for knob in knobs:  # before the first run: every end is a document that can run
        for value in (knob.low, knob.high):
            trials.prepared(knob, value, asked.runtime)
    note(f"harness: {len(knobs)} to vary, {GRID} values each and what bisection needs")
    told = [_knob(trials, knob, asked) for knob in knobs]
    return written(_summary(asked, base, trials, told, folder), ENVELOPE, folder, words, asked)


def _knob(trials: Trials, knob: Knob, asked: EnvelopeOptions) -> JsonDict:
    points = explore(knob, lambda value: trials.attempt(knob, value), asked.precision)
    near = _edges(points) if asked.confirm else []
    confirmed = [one for point in near if (one := trials.confirm(knob, point))]
    return {
        "name": knob.name,
        "range": f"{knob.shown(knob.low)} .. {knob.shown(knob.high)}",
        "low": knob.shown(knob.low),
        "high": knob.shown(knob.high),
        "zones": zones(knob, points),
        "points": [
            {
                "value": one.value,
                "shown": knob.shown(one.value),
                "x": round(knob.share(one.value), 4),
                "state": one.state,
                "first": one.first,
                "t_s": one.t_s,
                "run_dir": one.run["run_dir"],
                "repeat": one.run["repeat"],
            }
            for one in points
        ],
        "confirmed": confirmed,
    }


def _edges(points: Sequence[Point]) -> list[Point]:
    """Both sides of each change to or from broken."""
    found: list[Point] = []
    for a, b in itertools.pairwise(points):
        if (a.state == BROKEN) is not (b.state == BROKEN):
            found += [one for one in (a, b) if one not in found]
    return found


def _summary(
    asked: EnvelopeOptions,
    base: Prepared,
    trials: Trials,
    knobs: Sequence[JsonObject],
    folder: RunFolder,
) -> JsonDict:
    states = {point["state"] for knob in knobs for point in knob["points"]}
    code = 1 if BROKEN in states else 3 if "unclear" in states or not states else 0
    if trials.progress.stopped:
        code = int(trials.progress.done[-1][1]["exit_code"])
    elif trials.progress.not_run:
        code = code or 3
    return {
        "experiment": base.experiment.id,
        "title": base.experiment.title,
        "design": asked.design,
        "runtime": asked.runtime,
        "seed": asked.seed,
        "precision": f"{asked.precision:.0%}",
        "grid": GRID,
        "verdict": {0: "pass", 1: "fail", 3: "inconclusive"}.get(code, "interrupted"),
        "exit_code": code,
        "knobs": list(knobs),
        "not_run": [f"{run.path.stem}: {why}" for run, why in trials.progress.not_run],
        "folder": str(folder.path),
        "repeat": asked.repeat,
    }


def _checked(asked: EnvelopeOptions) -> tuple[float | None, Prepared, list[Knob]]:
    """Time limit in s, the experiment as written, and what is varied.

    Raises:
        ConfigError: everything that is wrong with what was asked for.
    """
    base = prepare(
        RunRequest(asked.experiment, asked.design, asked.runtime, Seed(asked.seed), asked.runs,
                   asked.target, asked.overrides)
    )  # fmt: skip
    problems = list(Export(html=asked.html).problems())
    knobs: list[Knob] = []
    for given in asked.vary:
        knob, wrong = parse(given, base.experiment, base.design)
        problems += wrong
        if knob and any(one.name == knob.name for one in knobs):
            problems.append(Problem(f"{knob.name} is given twice", "--vary", "each once"))
        knobs += [knob] if knob else []
    if not asked.vary:
        problems.append(Problem("nothing to vary", "--vary", ALLOWED))
    if not 0.001 <= asked.precision <= 0.5:
        problems.append(Problem(f"{asked.precision:g}", "--precision", "0.001 .. 0.5"))
    longest_s = limit_s(asked.time_limit, problems)
    if problems:
        raise ConfigError(problems)
    return longest_s, base, knobs
