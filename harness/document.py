"""Reads an experiment document; every problem at once, each with file, line, column, what is
allowed and the nearest word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.blast import blast_problems, rule_problems
from harness.errors import ConfigError, Problem
from harness.experiment import (
    Document,
    Experiment,
    Step,
    StepPart,
    build,
    id_of_file,
    ids_of_tags,
)
from harness.feasibility import impossible, warnings
from harness.handover import follow_primary
from harness.json_types import JsonDict, JsonObject
from harness.measures import MEASURES
from harness.model import Phase
from harness.overrides import AS_WRITTEN, Filled, Overrides, fill, run_time
from harness.plugins import DEFAULT_TARGET, is_file
from harness.ports import Capability, Fault
from harness.registry import Vocabulary, experiment_files
from harness.target import ServiceSpec, Target, places
from harness.text import quoted
from harness.timeline import healed_s, timeline_problems, unhonoured
from harness.units import misfit
from harness.variables import escaped
from harness.yaml_limits import read_text
from harness.yaml_source import Loc, Place, dump_yaml, load_yaml, nearest, plain, unknown

CONTAINED = (Capability.PROCESSES, Capability.LIFECYCLE)  # what a container has that stands already
CONTAINER = "allow: {{{}: CONTAINER}} in the target lets it be killed, paused, stopped, restarted"


def find_experiment(given: str, files: Mapping[str, Path] | None = None) -> Path:
    """The file of an experiment given as an id (X01), a name or a path.

    Args:
        files: by name; those of the installed packages when left out.

    Raises:
        ConfigError: nothing fits; names the nearest.
    """
    known = experiment_files() if files is None else files
    path = Path(given)
    if given and (path.suffix in (".yaml", ".yml") or path.exists()):
        if path.is_file():
            return path
        cause = "a folder, not a document" if path.is_dir() else "no such file"
        raise ConfigError(Problem(cause, given, remedy="harness list"))
    ids = {id_of_file(name): file for name, file in known.items() if id_of_file(name)}
    found = known.get(given) or ids.get(given.upper())
    if found:
        return found
    raise ConfigError(
        Problem(
            f"no experiment {quoted(given)}" + nearest(given, [*known, *ids]),
            allowed=", ".join(ids) + ", a name, or a path to a YAML file",
            remedy="harness list",
        )
    )


def target_of(path: Path, usual: str = DEFAULT_TARGET) -> str:
    """The target that a document names.

    Args:
        usual: where it names none.

    Raises:
        ConfigError: it cannot be read, or the file is not there.
    """
    raw = load_yaml(path)
    given = raw.get("target")
    if not isinstance(given, str) or not given:
        return usual
    if not is_file(given):
        return given
    file = path.parent / given
    if not file.is_file():
        where = Place(path, raw).of("target")
        allowed = "a YAML or Python file, beside the document; or the dotted name of a module"
        raise ConfigError(Problem(f"target {quoted(given)}: {file} is not there", where, allowed))
    return str(file)


def for_any_folder(document: JsonObject, ref: str) -> JsonDict:
    """A document that is written elsewhere: its target, where it names one, by its whole path."""
    return {**document, **({"target": ref} if "target" in document else {})}


def load_experiments(words: Vocabulary) -> dict[str, Experiment]:
    """The experiments of a target, by name; those that come along for another one are left out.

    Raises:
        ConfigError: lists every problem found in those of the target itself.
    """
    shipped, found = experiment_files(), {}
    for name, path in words.experiments.items():
        try:
            found[name] = load_experiment(path, words)
        except ConfigError:
            if words.source.ref == DEFAULT_TARGET or shipped.get(name) != path:
                raise
    return found


def load_experiment(path: Path, words: Vocabulary, overrides: Overrides = AS_WRITTEN) -> Experiment:
    """Read and validate an experiment.

    Args:
        overrides: what is set in place of what the document says.

    Raises:
        ConfigError: lists every problem found.
    """
    raw = load_yaml(path)
    place = Place(path, raw)
    filled = fill(raw, overrides, place)
    try:
        return _validated(path.stem, words, place, _within(filled, overrides.run_time))
    except ConfigError as error:
        raise ConfigError(filled.explained(error.problems)) from None


def _within(filled: Filled, asked: str | None) -> Document:
    """The document with its recovery as long as the length of the run leaves it.

    Raises:
        ConfigError: it is none, or its faults do not fit.
    """
    place, key = filled.place, ("recovery",)
    document = place.read(Document)
    if asked is None:
        return document
    staged, where = bool(document.load.stages), place.of(*key)
    left = run_time(asked, healed_s(document), staged=staged, where=where)
    place.raw["recovery"] = left
    filled.note(key, f"--run-time {asked} leaves {left}")
    return place.read(Document)


def _validated(stem: str, words: Vocabulary, place: Place, document: Document) -> Experiment:
    problems: list[Problem] = []
    steps = _steps(document, words, place, problems)
    problems += _two_ids(stem, document, place)
    problems += _unknown_words(document, words, place)
    problems += blast_problems(steps, document, words.target, place)
    problems += timeline_problems(document, place)
    if problems:
        raise ConfigError(problems)
    placed = follow_primary(steps, words.target)
    experiment = build(stem, document, placed, plain(place.raw), words.target)
    if problems := list(impossible(experiment, words, place)):
        raise ConfigError(problems)
    said = (*_deprecated(document, words, place), *warnings(experiment, words, place))
    return replace(experiment, warnings=said)


def as_run(path: Path, experiment: Experiment) -> str:
    """The document of a run, to be read again: as written where nothing was filled in."""
    try:
        if plain(load_yaml(path)) == experiment.document:
            return read_text(path)
    except ConfigError:
        pass  # changed or gone since it was validated
    return dump_yaml(escaped(experiment.document))


def _two_ids(stem: str, document: Document, place: Place) -> Iterator[Problem]:
    """An experiment has one id: its tag; a file name that begins with one says the same."""
    tags, name = ids_of_tags(document.tags), id_of_file(stem)
    if len(set(tags)) > 1:
        yield Problem(f"two ids: {', '.join(tags)}", place.of("tags"), "one tag like X01")
    elif tags and name and tags[0] != name:
        yield Problem(
            f"the file name says {name}, the tag says {tags[0]}",
            place.of("tags"),
            "one id",
            f"tag it {name}, or rename the file",
        )


def _deprecated(document: Document, words: Vocabulary, place: Place) -> Iterator[str]:
    """A warning for each word that will be gone."""
    for number, part in enumerate(document.method):
        if part.fault in words.deprecated:
            now = words.deprecated[part.fault]
            where = place.of("method", number, "fault")
            yield f"{where}: fault {part.fault!r} is a deprecated name of {now!r}; write {now}"


def _steps(
    document: Document, words: Vocabulary, place: Place, problems: list[Problem]
) -> list[Step]:
    steps = []
    for number, part in enumerate(document.method):
        kind = words.faults.get(words.deprecated.get(part.fault, part.fault))
        if kind is None:
            problems.append(
                unknown("fault", part.fault, words.faults, place, "method", number, "fault")
            )
            continue
        try:
            faults = [kind.model_validate(one) for one in _at_each(part, words.target)]
        except ValidationError as error:
            problems += place.problems(error, kind, ("method", number))
            continue
        problems += unhonoured(part, faults, place.of("method", number, "for"))
        for fault in faults:
            steps.append(Step(part.at, part.for_, fault, part.repeat, part.every or 0.0))
            problems += _unknown_place(part, fault, words, place, number)
    return steps


def _at_each(part: StepPart, target: Target) -> list[dict[str, object]]:
    """Arguments of the fault, once for each place where it acts: a role stands for many."""
    given = part.model_extra or {}
    for key in ("link", "service"):
        if isinstance(given.get(key), str) and (found := places(target, given[key])):
            return [{**given, key: one} for one in found]
    return [given]


def _unknown_place(
    part: StepPart, fault: Fault, words: Vocabulary, place: Place, number: int
) -> Iterator[Problem]:
    for key, known in (("link", _links(words)), ("service", _services(words))):
        value = getattr(fault, key, None)
        if value is None:
            continue
        if value not in known:
            yield unknown(key, value, known, place, "method", number, key)
        elif key == "service" and (standing := _running(words).get(value)):
            if not (standing.container and fault.capability in CONTAINED):
                links = [
                    one.name for one in words.target.links if value in (one.caller, one.callee)
                ]
                cause = f"{value} stands already: {part.fault} may not touch it"
                where, allowed = place.of("method", number, key), f"its links: {', '.join(links)}"
                yield Problem(cause, where, allowed, CONTAINER.format(value))
        elif key == "service":
            yield from rule_problems(fault, words.target, place, number)


def _links(words: Vocabulary) -> list[str]:
    return [link.name for link in words.target.links]


def _services(words: Vocabulary) -> list[str]:
    return [service.name for service in words.target.services]


def _running(words: Vocabulary) -> dict[str, ServiceSpec]:
    return {one.name: one for one in words.target.services if one.running}


def _unknown_words(document: Document, words: Vocabulary, place: Place) -> Iterator[Problem]:
    for number, name in enumerate(document.invariants):
        if name not in words.invariants:
            yield unknown("invariant", name, words.invariants, place, "invariants", number)
    for name, weight in document.load.journeys.items():
        if name not in words.journeys:
            problem = unknown("journey", name, words.journeys, place, "load", "journeys", name)
            yield Problem(problem.cause, place.of_key("load", "journeys", name), problem.allowed)
        if not 0 <= weight <= 1000:
            where = place.of("load", "journeys", name)
            yield Problem(f"journeys.{name}: weight {weight}", where, "0..1000")
    if sum(document.load.journeys.values()) <= 0:
        yield Problem("every journey has weight 0", place.of("load", "journeys"), "one above 0")
    for number, probe in enumerate(document.hypothesis.probes):
        loc: Loc = ("steady-state-hypothesis", "probes", number)
        yield from _unknown_measure(probe, words, place, loc)
    for number, threshold in enumerate(document.thresholds):
        yield from _unknown_measure(threshold, words, place, ("thresholds", number))


def _unknown_measure(part: Any, words: Vocabulary, place: Place, loc: Loc) -> Iterator[Problem]:
    if part.measure not in MEASURES:
        yield unknown("measure", part.measure, MEASURES, place, *loc, "measure")
    elif wrong := misfit(part.tolerance, MEASURES[part.measure].quantity, part.measure):
        yield Problem(wrong[0], place.of(*loc, "tolerance"), remedy=wrong[1])
    if getattr(part, "over", None) == 0:
        yield Problem("over: must be above 0s", place.of(*loc, "over"))
    operations = words.target.contract["operations"]
    if part.of not in operations:
        yield unknown("operation", part.of, operations, place, *loc, "of")
    phases = [phase.value for phase in Phase]
    if getattr(part, "during", Phase.FAULT) not in phases:
        yield unknown("phase", part.during, phases, place, *loc, "during")
