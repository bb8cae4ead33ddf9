"""Reads an experiment document; every problem at once, each with file, line, column, what is
allowed and the nearest word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.acts import contradiction, span
from harness.errors import ConfigError, Problem
from harness.experiment import (
    Document,
    Experiment,
    Step,
    StepPart,
    blast_radius,
    build,
    id_of_file,
    ids_of_tags,
)
from harness.feasibility import impossible, warnings
from harness.measures import MEASURES
from harness.model import Phase
from harness.plugins import DEFAULT_TARGET, is_file
from harness.registry import Vocabulary, experiment_files
from harness.target import FAILED_OPERATIONS, Target, failure_counters, places
from harness.text import quoted
from harness.timeline import timeline_problems
from harness.units import Condition, Quantity, misfit
from harness.yaml_source import Loc, Place, load_yaml, nearest, plain

WINDOW_S = 0.05  # chosen: on sockets a window is as long as written within so much


def find_experiment(given: str, files: Mapping[str, Path] | None = None) -> Path:
    """The file of an experiment given as an id (X01), a name or a path.

    Args:
        files: by name; those of the installed packages when left out.

    Raises:
        ConfigError: nothing fits; names the nearest.
    """
    known = experiment_files() if files is None else files
    path = Path(given)
    if path.suffix in (".yaml", ".yml") or path.exists():
        if path.is_file():
            return path
        raise ConfigError(Problem("no such file", given, remedy="harness list"))
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


def target_of(path: Path) -> str:
    """The target that a document names; the default where it names none.

    Raises:
        ConfigError: it cannot be read, or the file is not there.
    """
    raw = load_yaml(path)
    given = raw.get("target")
    if not isinstance(given, str) or not given:
        return DEFAULT_TARGET
    if not is_file(given):
        return given
    file = path.parent / given
    if not file.is_file():
        where = Place(path, raw).of("target")
        allowed = "a Python file, beside the document; or the dotted name of a module"
        raise ConfigError(Problem(f"target {quoted(given)}: {file} is not there", where, allowed))
    return str(file)


def load_experiment(path: Path, words: Vocabulary) -> Experiment:
    """Read and validate an experiment.

    Raises:
        ConfigError: lists every problem found.
    """
    raw = load_yaml(path)
    place = Place(path, raw)
    try:
        document = Document.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(list(place.problems(error, Document))) from None
    problems: list[Problem] = []
    steps = _steps(document, words, place, problems)
    problems += _two_ids(path.stem, document, place)
    problems += _unknown_words(document, words, place)
    problems += _blast(steps, document, words, place)
    problems += timeline_problems(document, place)
    if problems:
        raise ConfigError(problems)
    experiment = build(path.stem, document, tuple(steps), plain(raw), words.target)
    if problems := list(impossible(experiment, words, place)):
        raise ConfigError(problems)
    said = (*_deprecated(document, words, place), *warnings(experiment, words, place))
    return replace(experiment, warnings=said)


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
                _unknown("fault", part.fault, words.faults, place, "method", number, "fault")
            )
            continue
        try:
            faults = [kind.model_validate(one) for one in _at_each(part, words.target)]
        except ValidationError as error:
            problems += place.problems(error, kind, ("method", number))
            continue
        problems += _unhonoured(part, kind, place.of("method", number, "for"))
        for fault in faults:
            steps.append(Step(part.at, part.for_, fault, part.repeat, part.every or 0.0))
            problems += _unknown_place(part, fault, words, place, number)
    return steps


def _at_each(part: StepPart, target: Target) -> list[dict[str, Any]]:
    """Arguments of the fault, once for each place where it acts: a role stands for many."""
    given = part.model_extra or {}
    for key in ("link", "service"):
        if isinstance(given.get(key), str) and (found := places(target, given[key])):
            return [{**given, key: one} for one in found]
    return [given]


def _unhonoured(part: StepPart, kind: Any, where: str) -> Iterator[Problem]:
    """What makes a window that cannot be as written."""
    least_s = max(WINDOW_S, getattr(kind, "lasts_s_min", 0.0))
    if part.for_ < least_s:
        yield Problem(f"for: {part.for_:g}s", where, f"at least {least_s:g}s for {part.fault}")
    if part.repeat > 1 and (part.every or 0.0) <= part.for_:
        yield Problem(
            f"every: {'none' if part.every is None else f'{part.every:g}s'}",
            where,
            f"longer than for: {part.for_:g}s, since repeat: {part.repeat}",
        )
    if part.repeat == 1 and part.every is not None:
        yield Problem(f"every: {part.every:g}s", where, "only with repeat: 2 or more")


def _unknown_place(
    part: StepPart, fault: Any, words: Vocabulary, place: Place, number: int
) -> Iterator[Problem]:
    for key, known in (("link", _links(words)), ("service", _services(words))):
        value = getattr(fault, key, None)
        if value is not None and value not in known:
            yield _unknown(key, value, known, place, "method", number, key)


def _links(words: Vocabulary) -> list[str]:
    return [link.name for link in words.target.links]


def _services(words: Vocabulary) -> list[str]:
    return [service.name for service in words.target.services]


def _unknown_words(document: Document, words: Vocabulary, place: Place) -> Iterator[Problem]:
    for number, name in enumerate(document.invariants):
        if name not in words.invariants:
            yield _unknown("invariant", name, words.invariants, place, "invariants", number)
    for name, weight in document.load.journeys.items():
        if name not in words.journeys:
            problem = _unknown("journey", name, words.journeys, place, "load", "journeys", name)
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
        yield _unknown("measure", part.measure, MEASURES, place, *loc, "measure")
    elif wrong := misfit(part.tolerance, MEASURES[part.measure].quantity, part.measure):
        yield Problem(wrong[0], place.of(*loc, "tolerance"), remedy=wrong[1])
    if getattr(part, "over", None) == 0:
        yield Problem("over: must be above 0s", place.of(*loc, "over"))
    operations = words.target.contract["operations"]
    if part.of not in operations:
        yield _unknown("operation", part.of, operations, place, *loc, "of")
    phases = [phase.value for phase in Phase]
    if getattr(part, "during", Phase.FAULT) not in phases:
        yield _unknown("phase", part.during, phases, place, *loc, "during")


def _blast(
    steps: Sequence[Step], document: Document, words: Vocabulary, place: Place
) -> Iterator[Problem]:
    radius = document.blast_radius
    for key, names, known in (
        ("links", radius.links, _links(words)),
        ("services", radius.services, _services(words)),
    ):
        for number, name in enumerate(names):
            if not set(places(words.target, name)) & set(known):
                yield _unknown(key[:-1], name, known, place, "blast-radius", key, number)
    allowed = blast_radius(document, words.target)
    for step in steps:
        if not step.fault.blast.within(allowed):
            yield Problem(
                f"{step.fault.kind} touches {step.fault.where}, "
                "which the blast radius does not name",
                place.of("blast-radius"),
                remedy=f"add {step.fault.where} to blast-radius",
            )
    yield from _contradictions(steps, place)
    if radius.abort_when is not None:
        where = place.of("blast-radius", "abort-when")
        yield from _abort_when(radius.abort_when, words.target, where)


def _abort_when(limit: Condition, target: Target, where: str) -> Iterator[Problem]:
    counters = (FAILED_OPERATIONS, *failure_counters(target).values())
    if limit.subject not in counters:
        cause = f"abort-when counts {quoted(limit.subject)}" + nearest(limit.subject, counters)
        yield Problem(cause, where, ", ".join(counters))
    elif wrong := misfit(limit, Quantity.COUNT, limit.subject):
        yield Problem(wrong[0], where, remedy=wrong[1])
    elif limit.holds(0):
        cause = f"{str(limit)!r} holds before anything has happened: the run would end at once"
        yield Problem(cause, where, remedy=f"for example '{limit.subject} > 200'")


def _contradictions(steps: Sequence[Step], place: Place) -> Iterator[Problem]:
    """Faults at one place compose; those that cannot be as written at one time are refused."""
    spans = [
        (number, span(step.fault, *window))
        for number, step in enumerate(steps)
        for window in step.windows
    ]
    told = set()
    for (number, one), (earlier, other) in combinations(spans, 2):
        if one.fault.where != other.fault.where or not one.overlaps(other):
            continue
        why = contradiction(one, other)
        if why and (number, earlier) not in told:
            told.add((number, earlier))
            yield Problem(
                f"{one.fault.kind} and {other.fault.kind} overlap at {one.fault.where}: {why}",
                place.of("method", max(number, earlier)),
                remedy="let one end before the other begins, or use another place",
            )


def _unknown(what: str, word: str, known: Iterable[str], place: Place, *loc: int | str) -> Problem:
    words = list(known)
    return Problem(
        f"unknown {what} {quoted(word)}" + nearest(word, words), place.of(*loc), ", ".join(words)
    )
