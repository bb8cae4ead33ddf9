"""Choosing among what a machine offers: the first that serves is taken, the rest is named."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import ConfigError, Problem, RuntimeFailure


class Unfit(RuntimeFailure):
    """A program that was found cannot serve as the part; the message says why."""


@dataclass(frozen=True)
class Part:
    """A real part that a run can use.

    Args:
        name: what it is.
        path: the program, or the folder of its programs.
        version: as the program itself says it.
        origin: how it was found: a variable's name, `system`, `PATH` or `cache`.
        others: what else the machine offers, refused ones with the reason.
    """

    name: str
    path: Path
    version: str
    origin: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Missing:
    """A part that this machine does not have yet.

    Args:
        name: what it is.
        remedy: what to do about it.
        others: what was found and refused, with the reason.
    """

    name: str
    remedy: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """One place where a part may be.

    Args:
        origin: how we came to look there.
        path: the program, or the folder of its programs.
        demanded: a person named this very place, so that a misfit is their error.
    """

    origin: str
    path: Path
    demanded: bool = False


def demanded(variable: str) -> Iterator[Candidate]:
    """The place that an environment variable names, if it is set."""
    if value := os.environ.get(variable):
        yield Candidate(variable, Path(value).absolute(), demanded=True)


def on_path(program: str, path: str | None) -> Iterator[Path]:
    """Every file of that name in the folders of `path` (`PATH` when None), in their order."""
    folders = os.environ.get("PATH", os.defpath) if path is None else path
    for folder in filter(None, folders.split(os.pathsep)):
        file = Path(folder) / program
        if file.is_file() and os.access(file, os.X_OK):
            yield file.resolve()


def choose(
    name: str,
    candidates: Iterable[Candidate],
    version_of: Callable[[Path], str],
    *,
    allowed: str,
    remedy: str,
) -> Part | Missing:
    """Take the first candidate that serves.

    Args:
        name: of the part.
        candidates: best first; a place that appears twice counts once.
        version_of: asks the program; raises Unfit.
        allowed: what would serve, for the error of a demanded place.
        remedy: what to do when nothing serves.

    Raises:
        ConfigError: a person demanded a place, and what is there cannot serve.
    """
    answers: dict[Path, Part | str] = {}
    for place in candidates:
        if place.path not in answers:
            answers[place.path] = _ask(name, place, version_of, allowed)
    found = [answer for answer in answers.values() if isinstance(answer, Part)]
    refused = [answer for answer in answers.values() if isinstance(answer, str)]
    if not found:
        return Missing(name, remedy, tuple(refused))
    offers = [f"{part.path} ({part.origin}): {part.version}" for part in found[1:]]
    return replace(found[0], others=(*offers, *refused))


def _ask(
    name: str, place: Candidate, version_of: Callable[[Path], str], allowed: str
) -> Part | str:
    try:
        return Part(name, place.path, version_of(place.path), place.origin)
    except Unfit as why:
        if not place.demanded:
            return f"{place.path} ({place.origin}): {why}"
        problem = Problem(f"{place.path}: {why}", place.origin, allowed, f"unset {place.origin}")
        raise ConfigError(problem) from why
