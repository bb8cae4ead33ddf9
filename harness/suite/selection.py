"""Which experiments: what a person names, folders, tags or a profile, made ready to run.

Everything is read and checked before anything starts; every problem of every document at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.document import find_experiment
from harness.errors import ConfigError, Problem, UnsupportedFault
from harness.finding import find_words
from harness.overrides import AS_WRITTEN, Overrides
from harness.prepare import Prepared, RunRequest, prepare
from harness.registry import known_experiments
from harness.store import RUN
from harness.suite.profile import EntryPart, Profile
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
    what its tags say."""
    parts = [EntryPart(experiment=p) if isinstance(p, str) else p for p in profile.experiments]
    found = [Entry(part.experiment, part.over(profile)) for part in parts]
    known = known_experiments(target)
    paths = {find_experiment(entry.ref, known) for entry in found}
    general = EntryPart(experiment="").over(profile)
    if profile.tags:
        found += [
            replace(entry, overrides=general)
            for entry in named((), profile.tags, target)
            if find_experiment(entry.ref, known) not in paths
        ]
    return found


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
