"""Holes in texts: `{port}` is filled by the run, `${NAME}` by the caller's environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from harness.json_types import JsonDict, JsonObject
from harness.model import Op

HOLE = re.compile(r"(?<!\$)\{([A-Za-z_][\w-]*(?:\.[\w-]+)*)\}")
HEADER = "header."
HEADERS = "response_headers"
ARGS, ASKED = "args.", "asked with"  # of a call; no answer has such a name
VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")


def texts_of(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from texts_of(one)
    elif isinstance(value, str):
        yield value


def holes(value: Any) -> Iterator[str]:
    """Names of the holes in every text of a value."""
    for text in texts_of(value):
        yield from HOLE.findall(text)


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


def all_with_environment(value: Any, environ: Mapping[str, str]) -> Any:
    """The value with the environment in every text of it."""
    if isinstance(value, Mapping):
        return {key: all_with_environment(one, environ) for key, one in value.items()}
    if isinstance(value, list):
        return [all_with_environment(one, environ) for one in value]
    return with_environment(value, environ) if isinstance(value, str) else value


def selected(selector: str, value: JsonObject) -> Any:
    """What `body.loan.id`, `body.0.id` (of a list) or `header.Location` names in an answer, and
    `args.label` in what it was asked with, if `exchange` has put it there; None when there is no
    such thing."""
    if selector.startswith(ARGS) and ASKED in value:
        return value[ASKED].get(selector.removeprefix(ARGS))
    if selector.startswith(HEADER):
        return value.get(HEADERS, {}).get(selector.removeprefix(HEADER).lower())
    names = selector.removeprefix("body.").split(".")
    found: Any = value.get("items") if names[0].isdigit() and names[0] not in value else value
    for name in names:
        if isinstance(found, list):
            found = found[int(name)] if name.isdigit() and int(name) < len(found) else None
        else:
            found = found.get(name) if isinstance(found, Mapping) else None
    return found


def exchange(op: Op) -> JsonDict:
    """What an operation was answered, with what it was asked."""
    return {**op.value, ASKED: op.request}


def named_headers(selectors: Iterable[str]) -> frozenset[str]:
    """Headers that selectors name, in small letters: nothing else of them is written down."""
    found = (one.removeprefix(HEADER).lower() for one in selectors if one.startswith(HEADER))
    return frozenset(found)
