"""The vocabulary: every word that an experiment may use, and where it comes from.

    shipped      chaos.faults, .invariants, .journeys, .detectors; experiments/ and designs/ beside
    installed    modules and packages that the entry point group names
    a target's   its own file; `include`: files and folders, relative to the target's own file

A module defines FAULT (a class), INVARIANT, JOURNEY or DETECTOR (a class); experiments and designs
are YAML files in folders of that name. One name twice is an error that names both files.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

from harness import plugins
from harness.checker import Checker
from harness.errors import ConfigError, Problem
from harness.json_types import JsonDict, JsonObject
from harness.target import Target, load_target

KINDS = {"FAULT": "kind", "INVARIANT": "name", "JOURNEY": "name", "DETECTOR": "name"}
SHIPPED = ("faults", "invariants", "journeys", "detectors")
DOCUMENTS = ("experiments", "designs", "suites", "runbooks")


@dataclass(frozen=True)
class Source:
    """Which target: how to load it, and what it was.

    Args:
        ref: dotted name, or absolute path of a file.
        sha256: over its own code and that of its `include`.
    """

    ref: str = plugins.DEFAULT_TARGET
    sha256: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """Every word that an experiment may use.

    Args:
        deprecated: former name of a fault -> its name now; accepted with a warning.
        experiments, designs, suites, runbooks: name -> file.
        journey_refs: how another process loads a journey: name -> dotted name or path.
    """

    faults: JsonObject
    invariants: Mapping[str, Checker]
    journeys: Mapping[str, object]
    target: Target
    detectors: JsonObject = field(default_factory=dict)
    source: Source = field(default_factory=Source)
    deprecated: Mapping[str, str] = field(default_factory=dict)
    experiments: Mapping[str, Path] = field(default_factory=dict)
    designs: Mapping[str, Path] = field(default_factory=dict)
    suites: Mapping[str, Path] = field(default_factory=dict)
    runbooks: Mapping[str, Path] = field(default_factory=dict)
    journey_refs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Place:
    """Where words come from.

    Args:
        refs: modules.
        folder: below it, YAML files lie in folders of these names.
    """

    refs: list[str]
    folder: Path | None = None

    def documents(self) -> Iterator[tuple[str, Path]]:
        """Each YAML file with its kind."""
        folders = [self.folder, *sorted(self.folder.rglob("*/"))] if self.folder else []
        for folder in folders:
            if folder.name in DOCUMENTS:
                yield from ((folder.name, path) for path in sorted(folder.glob("*.yaml")))


class _Found:
    """What was found so far: of each kind name -> thing, and name -> where it came from."""

    def __init__(self) -> None:
        self.things: dict[str, JsonDict] = {kind: {} for kind in (*KINDS, *DOCUMENTS)}
        self.places: dict[tuple[str, str], str] = {}
        self.journey_refs: dict[str, str] = {}
        self.deprecated: dict[str, str] = {}
        self.problems: list[Problem] = []

    def take(self, place: _Place) -> None:
        """All that it defines."""
        for ref in place.refs:
            self._module(ref)
        for kind, path in place.documents():
            self._add(kind, path.stem, path, str(path))

    def told_by(self, target: Target, ref: str) -> None:
        """The words of a target that is no module."""
        for kind, words in (("JOURNEY", "journeys"), ("INVARIANT", "invariants")):
            own_words = getattr(target, words, {})
            if isinstance(own_words, Mapping):  # else checkers that it is judged by, and no words
                for name, thing in own_words.items():
                    self._add(kind, name, thing, ref)

    def _module(self, ref: str) -> None:
        module = plugins.load(ref)
        kinds = [kind for kind in KINDS if hasattr(module, kind)]
        for kind in kinds:
            thing = getattr(module, kind)
            name = getattr(thing, KINDS[kind])
            self._add(kind, name, thing, str(module.__file__))
            if kind == "JOURNEY":
                self.journey_refs.setdefault(name, ref)
            for former in getattr(module, "DEPRECATED_NAMES", ()):
                self.deprecated[former] = name
        if not kinds and not hasattr(module, "TARGET"):
            allowed = f"one of {', '.join(KINDS)}; the name of a helper module begins with _"
            self.problems.append(Problem("defines no word", str(module.__file__), allowed))

    def _add(self, kind: str, name: str, thing: object, place: str) -> None:
        before = self.places.setdefault((kind, name), place)
        self.things[kind].setdefault(name, thing)
        if before != place:
            what = kind.lower().removesuffix("s")
            cause = f"the {what} {name!r} is defined here and in {before}"
            self.problems.append(Problem(cause, place, "a name of its own"))


def load_vocabulary(target: str = "") -> Vocabulary:
    """Every word, with the target of a module.

    Args:
        target: dotted name of the module, or path of its file; "" for the target file that is
            found here, else the default one.

    Raises:
        ConfigError: a module cannot be loaded or defines no word, or a name is defined twice.
    """
    ref, found = plugins.absolute(target or _usual()), _Found()
    loaded = load_target(ref)
    included = list(_included(ref, loaded))
    for place in (_shipped(), *_installed(), *included):
        found.take(place)
    found.told_by(loaded, ref)
    if found.problems:
        raise ConfigError(found.problems)
    if plugins.is_document(ref):  # designs that come along are about another service
        own = [path for place in included for kind, path in place.documents() if kind == "designs"]
        found.things["designs"] = {path.stem: path for path in own}
    files = [Path(one) for place in included for one in place.refs if one != ref]
    return Vocabulary(
        faults=found.things["FAULT"],
        invariants=found.things["INVARIANT"],
        journeys=found.things["JOURNEY"],
        detectors=found.things["DETECTOR"],
        target=loaded,
        source=Source(ref, plugins.content_hash([*plugins.own_files(ref), *files])),
        deprecated=found.deprecated,
        journey_refs=found.journey_refs,
        **{kind: found.things[kind] for kind in DOCUMENTS},
    )


def _usual() -> str:
    return plugins.target_here() or plugins.DEFAULT_TARGET


def known_experiments(target: str = "") -> Mapping[str, Path]:
    """The experiments of a target, of the target file that is found here, or those that come along,
    by name; no target is loaded for these."""
    if target or plugins.target_here():
        return load_vocabulary(target).experiments
    return experiment_files()


def explored(words: Vocabulary) -> tuple[str, ...]:
    """The journeys of a search for which nobody names one: what the target says, else its own.

    Raises:
        ConfigError: it says none and has none.
    """
    said: tuple[str, ...] = getattr(words.target, "explored", ())
    shipped = (f"{plugins.SHIPPED}.", plugins.SHIPPED)
    own = [one for one in words.journeys if not words.journey_refs.get(one, "").startswith(shipped)]
    if not (said or own):
        cause = f"target {words.target.name} has no journey of its own and names none in explored"
        raise ConfigError(Problem(cause, words.source.ref, ", ".join(words.journeys)))
    return said or tuple(own)


def experiment_files() -> dict[str, Path]:
    """The experiments of the installed packages, by name."""
    return _documents("experiments")


def design_files() -> dict[str, Path]:
    """The designs of the installed packages, by name."""
    return _documents("designs")


def _documents(kind: str) -> dict[str, Path]:
    places = (_shipped(), *_installed())
    return {path.stem: path for one in places for what, path in one.documents() if what == kind}


def vocabulary_of(run: JsonObject, target: str = "") -> Vocabulary:
    """The words that a run was carried out with.

    Args:
        run: its run.json; one of a former version names no target.
        target: in place of the one that is recorded.

    Raises:
        ConfigError: the target is gone, or its path is not a whole one, as a run writes it: it
            would be taken from wherever the folder of the run was brought.
    """
    recorded = str(run.get("target", {}).get("source", plugins.DEFAULT_TARGET))
    whole, there = Path(recorded).is_absolute(), Path(recorded).is_file()
    if not target and plugins.is_file(recorded) and not (whole and there):
        cause = f"the target of this run {'is gone' if whole else 'has no whole path'}"
        raise ConfigError(Problem(cause, recorded, remedy="--target FILE"))
    return load_vocabulary(target or recorded)


def changed(run: JsonObject, words: Vocabulary) -> Problem | None:
    """What to say when a target is not what it was in a run; None when it is."""
    before = str(run.get("target", {}).get("sha256", ""))
    if before in ("", words.source.sha256):
        return None
    return Problem(
        f"the target has changed since the run: sha256 {before} then, {words.source.sha256} now",
        words.source.ref,
        remedy="the file as it was: --target FILE",
    )


def _shipped() -> _Place:
    folder = _folder(plugins.SHIPPED)
    assert folder is not None  # noqa: S101 - it comes along
    refs = [ref for one in SHIPPED for ref in _dotted(f"{plugins.SHIPPED}.{one}", folder / one)]
    return _Place(refs, folder)


def _installed() -> Iterator[_Place]:
    """What installed packages add."""
    for point in entry_points(group=plugins.ENTRY_POINTS):
        folder = _folder(point.module)
        yield _Place(_dotted(point.module, folder) if folder else [point.module], folder)


def _included(ref: str, target: Target) -> Iterator[_Place]:
    """What a target adds: its own file, and files and folders with all that is in them.

    Raises:
        ConfigError: there is no such file or folder.
    """
    if not plugins.is_document(ref):
        yield _Place([ref])
    home = plugins.file_of(ref).parent
    for entry in getattr(target, "include", ()):
        path = (home / entry).resolve()
        if path.is_dir():
            yield _Place([str(file) for file in _modules(path)], path)
        elif path.is_file():
            yield _Place([str(path)])
        else:
            raise ConfigError(
                Problem(f"include {entry!r}: {path} is not there", ref, "a .py file or a folder")
            )


def _folder(package: str) -> Path | None:
    """Of a package; None for a plain module."""
    try:
        spec = importlib.util.find_spec(package)
    except ImportError:
        spec = None  # loading it says why
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None


def _dotted(package: str, folder: Path) -> list[str]:
    parts = (file.relative_to(folder).with_suffix("").parts for file in _modules(folder))
    return [".".join((package, *one)) for one in parts]


def _modules(folder: Path) -> list[Path]:
    """The modules of a folder and those below; `_x.py` and `.x` are nobody's words."""
    return [
        file
        for file in sorted(folder.rglob("*.py"))
        if not any(part.startswith(("_", ".")) for part in file.relative_to(folder).parts)
    ]
