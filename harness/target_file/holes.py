"""Holes in texts: `{port}` is filled by the run, `${NAME}` by the caller's environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

HOLE = re.compile(r"(?<!\$)\{([A-Za-z_][\w-]*(?:\.[\w-]+)*)\}")
VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")


def holes(value: Any) -> Iterator[str]:
    """Names of the holes in a text, or in every text of a value."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from holes(one)
    elif isinstance(value, list):
        for one in value:
            yield from holes(one)
    elif isinstance(value, str):
        yield from HOLE.findall(value)


def filled(value: Any, of: Callable[[str], Any]) -> Any:
    """The value with its holes filled; a text that is one hole keeps the type of what fills it."""
    if isinstance(value, Mapping):
        return {key: filled(one, of) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, of) for one in value]
    if not isinstance(value, str):
        return value
    if whole := HOLE.fullmatch(value):
        return of(whole[1])
    return HOLE.sub(lambda hole: str(of(hole[1])), value)


def variables(text: str) -> list[str]:
    """Names of the environment variables in a text."""
    return VARIABLE.findall(text)


def with_environment(text: str, environ: Mapping[str, str]) -> str:
    """The text with what the environment says; every name must be there."""
    return VARIABLE.sub(lambda one: environ[one[1]], text)


def selected(selector: str, value: Mapping[str, Any]) -> Any:
    """What `body.loan.id` names in an answer; None when there is no such thing."""
    found: Any = value
    for name in selector.removeprefix("body.").split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
