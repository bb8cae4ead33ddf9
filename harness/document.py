"""Reads an experiment document; every problem at once, each with file, line, column, what is
allowed and the nearest word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from harness.errors import ConfigError, Problem
from harness.experiment import Document, Experiment, Step, StepPart, build
from harness.model import BlastRadius, Phase
from harness.registry import Vocabulary, experiment_files
from harness.steady_state import MEASURES

Loc = tuple[int | str, ...]
ABORT_COUNTERS = ("failed_applications", "failed_repayments", "failed_operations")


def find_experiment(given: str) -> Path:
    """The file of an experiment given as an id (X01), a name or a path.

    Raises:
        ConfigError: nothing fits; names the nearest.
    """
    known = experiment_files()
    path = Path(given)
    if path.suffix in (".yaml", ".yml") or path.exists():
        if path.is_file():
            return path
        raise ConfigError(Problem("no such file", given, remedy="harness list"))
    ids = {name.split("_")[0].upper(): file for name, file in known.items()}
    found = known.get(given) or ids.get(given.upper())
    if found:
        return found
    words = [*known, *ids]
    raise ConfigError(
        Problem(
            f"no experiment {given!r}" + nearest(given, words),
            allowed=", ".join(ids) + ", a name, or a path to a YAML file",
            remedy="harness list",
        )
    )


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
    problems += _unknown_words(document, words, place)
    problems += _blast(steps, document, words, place)
    if problems:
        raise ConfigError(problems)
    return build(path.stem, document, tuple(steps), _plain(raw), words.target.contract)


def load_yaml(path: Path) -> Any:
    """A YAML mapping with places; nothing is evaluated.

    Raises:
        ConfigError: unreadable, no YAML, or no mapping.
    """
    try:
        raw = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(Problem(f"cannot read it: {error}", str(path))) from None
    except YAMLError as error:
        raise ConfigError(_yaml_problem(path, error)) from None
    if not isinstance(raw, Mapping):
        allowed = "keys at the left margin: title, load, method, ..."
        raise ConfigError(Problem("not a mapping", f"{path}:1:1", allowed))
    return raw


def nearest(word: str, words: Iterable[str]) -> str:
    """`; did you mean 'x'?` or nothing."""
    found = get_close_matches(str(word), [str(one) for one in words], n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


class Place:
    """Turns a path of keys into `file:line:column`.

    Args:
        path: the file.
        raw: the round-trip mapping that ruamel gave.
    """

    def __init__(self, path: Path, raw: Any) -> None:
        """Remember the document."""
        self.path, self.raw = path, raw

    def of(self, *loc: int | str) -> str:
        """Where a value stands; the nearest enclosing key when it is missing."""
        node, line, column = self.raw, 0, 0
        for key in loc:
            lc = getattr(node, "lc", None)
            if lc is None or not _has(node, key):
                break
            line, column = lc.value(key) if isinstance(node, Mapping) else lc.item(key)
            node = node[key]
        return f"{self.path}:{line + 1}:{column + 1}"

    def of_key(self, *loc: int | str) -> str:
        """Where the last key of a path itself stands."""
        node = self.raw
        for key in loc[:-1]:
            node = node[key]
        try:
            line, column = node.lc.key(loc[-1])
        except (AttributeError, KeyError, TypeError):
            return self.of(*loc)
        return f"{self.path}:{line + 1}:{column + 1}"

    def problems(
        self, error: ValidationError, model: type[BaseModel], base: Loc = ()
    ) -> Iterator[Problem]:
        """One problem for each error of pydantic.

        Args:
            model: the model that was validated.
            base: where in the document the model's data stands.
        """
        for one in error.errors():
            loc = (*base, *one["loc"])
            name = ".".join(str(key) for key in loc)
            if one["type"] == "extra_forbidden":
                known = _keys_at(model, one["loc"])
                yield Problem(
                    f"unknown key {loc[-1]!r}" + nearest(str(loc[-1]), known),
                    self.of_key(*loc),
                    allowed=", ".join(known),
                )
            elif one["type"] == "missing":
                yield Problem(f"{name} is missing", self.of(*loc[:-1]), remedy=f"add {loc[-1]}:")
            else:
                got = "" if one["type"] == "value_error" else f", got {one['input']!r}"
                message = one["msg"].removeprefix("Value error, ")
                yield Problem(f"{name}: {message}{got}", self.of(*loc))


def _steps(
    document: Document, words: Vocabulary, place: Place, problems: list[Problem]
) -> list[Step]:
    steps = []
    for number, part in enumerate(document.method):
        kind = words.faults.get(part.fault)
        if kind is None:
            problems.append(
                _unknown("fault", part.fault, words.faults, place, "method", number, "fault")
            )
            continue
        if part.for_ <= 0:
            problems.append(Problem("for: must be above 0s", place.of("method", number, "for")))
        try:
            fault = kind.model_validate(part.model_extra or {})
        except ValidationError as error:
            problems += place.problems(error, kind, ("method", number))
            continue
        steps.append(Step(part.at, part.for_, fault))
        problems += _unknown_place(part, fault, words, place, number)
    return steps


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
            if name not in known:
                yield _unknown(key[:-1], name, known, place, "blast-radius", key, number)
    allowed = BlastRadius(frozenset(radius.links), frozenset(radius.services))
    for number, step in enumerate(steps):
        if not step.fault.blast.within(allowed):
            yield Problem(
                f"{step.fault.kind} touches {step.fault.where}, "
                "which the blast radius does not name",
                place.of("blast-radius"),
                remedy=f"add {step.fault.where} to blast-radius",
            )
        for other in steps[:number]:
            same = other.fault.where == step.fault.where
            if same and other.at_s < step.heal_at_s and step.at_s < other.heal_at_s:
                yield Problem(
                    f"two faults at {step.fault.where} overlap in time",
                    place.of("method"),
                    remedy="move one of them, or use another link",
                )
    when = radius.abort_when
    if when is not None and when.subject not in ABORT_COUNTERS:
        where = place.of("blast-radius", "abort-when")
        yield Problem(
            f"abort-when counts {when.subject!r}" + nearest(when.subject, ABORT_COUNTERS),
            where,
            ", ".join(ABORT_COUNTERS),
        )


def _unknown(what: str, word: str, known: Iterable[str], place: Place, *loc: int | str) -> Problem:
    words = list(known)
    return Problem(
        f"unknown {what} {word!r}" + nearest(word, words), place.of(*loc), ", ".join(words)
    )


def _keys_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """The keys that were allowed beside the last one of `loc`."""
    current: Any = model
    for key in loc[:-1]:
        if isinstance(key, int):
            continue
        field = next((f for n, f in current.model_fields.items() if key in (n, f.alias)), None)
        kind = field.annotation if field else None
        inner = next((a for a in getattr(kind, "__args__", ()) if isinstance(a, type)), kind)
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        current = inner
    return [field.alias or name for name, field in current.model_fields.items()]


def _has(node: Any, key: int | str) -> bool:
    if isinstance(node, Mapping):
        return key in node
    return isinstance(node, Sequence) and isinstance(key, int) and key < len(node)


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    return node if node is None or isinstance(node, bool | int | float) else str(node)


def _yaml_problem(path: Path, error: YAMLError) -> Problem:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
    cause = (error.problem if isinstance(error, MarkedYAMLError) else str(error)) or "no YAML"
    return Problem(f"not valid YAML: {cause}", where, remedy="check the indentation and the quotes")
