"""Which experiments: what a person names, folders, tags or a profile, made ready to run.

Everything is read and checked before anything starts; every problem of every document at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.document import find_experiment
from harness.errors import ConfigError, Problem, UnsupportedFault
from harness.finding import find_words
from harness.overrides import AS_WRITTEN, Overrides
from harness.prepare import Prepared, RunRequest, prepare
from harness.registry import known_experiments
from harness.store import RUN
from harness.suite.profile import EntryPart, Profile, Settings
from harness.text import quoted
from harness.yaml_source import load_yaml, nearest

DOCUMENT_KEYS = re.compile(  # what no other YAML file of ours has
    r"""(^|[{,]\s*)["']?(method|steady-state-hypothesis)["']?\s*:""", re.MULTILINE
)
SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Entry:
    """One experiment of a selection.

    Args:
        ref: id, name or path.
    """

    ref: str
    overrides: Overrides = AS_WRITTEN


@dataclass(frozen=True)
class LeftOut:
    """One that is not run, and why."""

    experiment: str
    title: str
    why: str


@dataclass(frozen=True)
class Selection:
    """What is to run, ready."""

    runs: tuple[Prepared, ...]
    left_out: tuple[LeftOut, ...] = ()


def named(refs: Sequence[str], tags: Sequence[str], target: str = "") -> list[Entry]:
    """What a person named; tags alone mean every experiment that there is.

    Raises:
        ConfigError: nothing is there, or a folder holds no experiment, or nobody has a tag.
    """
    known = known_experiments(target)
    found = [Entry(ref) for one in refs for ref in _within(one)]
    if tags:
        every = found or [Entry(name) for name in known]
        found = list(_tagged(every, tags, known))
    return found


def of_profile(profile: Profile, target: str = "") -> list[Entry]:
    """The entries of a profile, without those that come twice: what is said of one goes before
    what its tags say.

    Raises:
        ConfigError: nobody has a tag, or a variable that is set for all.
    """
    parts = [EntryPart(experiment=p) if isinstance(p, str) else p for p in profile.experiments]
    known = known_experiments(target)
    paths = {find_experiment(part.experiment, known) for part in parts}
    tagged = named((), profile.tags, target) if profile.tags else []
    parts += [
        EntryPart(experiment=entry.ref)
        for entry in tagged
        if find_experiment(entry.ref, known) not in paths
    ]
    taken = [_taken(profile, load_yaml(find_experiment(one.experiment, known))) for one in parts]
    used = {name for one in taken for name in one.vars}
    if unused := [name for name in profile.vars if name not in used]:
        cause = f"no experiment of this suite has the variable {quoted(unused[0])}"
        remedy = f"harness suite --list, and vars: {{{unused[0]}: ...}} in one of them"
        raise ConfigError(Problem(cause, f"vars.{unused[0]}", remedy=remedy))
    return [
        Entry(one.experiment, one.over(general)) for one, general in zip(parts, taken, strict=True)
    ]


def _taken(general: Settings, raw: Mapping[str, Any]) -> Settings:
    """Of what is set for all, what a document can take: variables that it has, and a rate and a
    length where its load has no stages."""
    declared, staged = raw.get("vars") or (), "stages" in (raw.get("load") or ())
    own = {name: value for name, value in general.vars.items() if name in declared}
    whole = {"rate": None, "run_time": None} if staged else {}
    return general.model_copy(update={**whole, "vars": own})


def ready(
    entries: Sequence[Entry], request: Callable[[Entry], RunRequest], *, strict: bool
) -> Selection:
    """Every entry prepared.

    Args:
        request: what is asked for with an entry.
        strict: what a runtime cannot do is a problem; else it is left out, with the reason.

    Raises:
        ConfigError: every problem of every document.
    """
    runs: list[Prepared] = []
    left: list[LeftOut] = []
    problems: list[Problem] = []
    for entry in entries:
        try:
            runs.append(prepare(request(entry)))
        except UnsupportedFault as error:
            if strict:
                problems += error.problems
            else:
                left.append(_unable(entry, request(entry).target, error))
        except ConfigError as error:
            problems += [one for one in error.problems if one not in problems]
    if problems:
        raise ConfigError(problems)
    return Selection(tuple(runs), tuple(left))


def _unable(entry: Entry, target: str, error: UnsupportedFault) -> LeftOut:
    _, path = find_words(entry.ref, target)
    return LeftOut(path.stem, str(load_yaml(path).get("title", "")), error.problems[0].cause)


def merged(general: Overrides, own: Overrides) -> Overrides:
    """The command line goes before what a profile says."""
    named = {one.partition("=")[0]: one for one in own.vars}
    asked = {one.partition("=")[0] for one in general.vars}
    kept = [one for name, one in named.items() if name not in asked]
    rate, run_time = general.rate or own.rate, general.run_time or own.run_time
    return Overrides(rate, run_time, (*kept, *general.vars))


def _within(ref: str) -> Iterator[str]:
    """A folder's experiments; anything else as it is.

    Raises:
        ConfigError: a folder without one.
    """
    folder = Path(ref)
    if not folder.is_dir():
        yield ref
        return
    found = [str(path) for path in sorted(_yaml_files(folder)) if _is_experiment(path)]
    if not found:
        cause, allowed = "a folder without an experiment", "YAML files with a method:"
        raise ConfigError(Problem(cause, ref, allowed, "harness list"))
    yield from found


def _yaml_files(folder: Path) -> Iterator[Path]:
    """Those of a folder and below; not of hidden folders, and not what runs left."""
    for home, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if RUN not in files:
            yield from (Path(home, name) for name in files if Path(name).suffix in SUFFIXES)


def _is_experiment(path: Path) -> bool:
    """A target, a design, a profile or somebody else's file is none."""
    try:
        return bool(DOCUMENT_KEYS.search(path.read_text("utf-8", "replace")))
    except OSError:
        return True  # reading it says why


def _tagged(
    entries: Sequence[Entry], tags: Sequence[str], known: Mapping[str, Path]
) -> Iterator[Entry]:
    of = {entry: tags_of(find_experiment(entry.ref, known)) for entry in entries}
    every = sorted({tag for its in of.values() for tag in its})
    problems = [
        Problem(f"nobody has the tag {quoted(tag)}" + nearest(tag, every), "--tags",
                ", ".join(every))
        for tag in tags if tag not in every
    ]  # fmt: skip
    if problems:
        raise ConfigError(problems)
    yield from (entry for entry, its in of.items() if its & set(tags))


def tags_of(path: Path) -> set[str]:
    """The tags of a document."""
    tags = load_yaml(path).get("tags", [])
    return {str(tag) for tag in tags} if isinstance(tags, list) else set()
