"""YAML with places: what is wrong with a document is said with file, line and column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from harness import yaml_limits
from harness.errors import ConfigError, Problem
from harness.text import cut, quoted

Loc = tuple[int | str, ...]
Model = TypeVar("Model", bound=BaseModel)
WIDTH = 100  # columns of what is written
PLACELESS = (AttributeError, LookupError, TypeError, ValueError)
NAME_MAX = 80  # characters of a word that are looked at


def load_yaml(path: Path, limits: yaml_limits.Limits = yaml_limits.OURS) -> Any:
    """A YAML mapping with places; nothing is evaluated.

    Raises:
        ConfigError: unreadable, no YAML, no mapping, or more than `harness.yaml_limits` allows.
    """
    text = yaml_limits.read_text(path, limits.bytes_max)
    yaml_limits.check(text, path, limits)
    try:
        raw = YAML(typ="rt").load(text)
    except YAMLError as error:
        raise ConfigError(yaml_limits.problem_of(error, path)) from None
    except Exception as error:  # what a parser does with a document that nobody thought of
        raise ConfigError(yaml_limits.broken(error, path)) from None
    if not isinstance(raw, Mapping):
        allowed = "keys at the left margin: title, load, method, ..."
        raise ConfigError(Problem("not a mapping", f"{path}:1:1", allowed))
    return raw


def dump_yaml(document: Mapping[str, object]) -> str:
    """The document as YAML: what has no parts within its parts stands on one line."""
    yaml, text = YAML(), StringIO()
    yaml.default_flow_style = None
    yaml.width = WIDTH
    yaml.dump(_written(document), text)
    return text.getvalue()


def one_line(value: object) -> str:
    """A value as YAML on one line: `{at: 8s, fault: down}`."""
    yaml, text = YAML(), StringIO()
    yaml.default_flow_style = True
    yaml.width = 10_000
    yaml.dump(_written(value), text)
    return text.getvalue().removesuffix("...\n").strip()


def _written(value: object) -> object:
    """Texts as they are best read; a bare `?` or `:` at their beginning would be read as a key."""
    if isinstance(value, Mapping):
        return {key: _written(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_written(one) for one in value]
    if not isinstance(value, str):
        return value
    lines = value.split("\n")
    if len(lines) > 1 and value == value.strip() and "".join(lines).isprintable():
        return LiteralScalarString(value)
    return DoubleQuotedScalarString(value) if value.startswith(("?", ":")) else value


def nearest(word: str, words: Iterable[str]) -> str:
    """`; did you mean 'x'?` or nothing."""
    found = get_close_matches(str(word)[:NAME_MAX], [str(one) for one in words], n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def unknown(what: str, word: str, known: Iterable[str], place: Place, *loc: int | str) -> Problem:
    """The problem of a word that is none of those that are known."""
    words = list(known)
    return Problem(
        f"unknown {what} {quoted(word)}" + nearest(word, words), place.of(*loc), ", ".join(words)
    )


def plain(node: Any) -> Any:
    """The same as plain dicts, lists and scalars."""
    if isinstance(node, Mapping):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    for kind in (bool, int, float):  # the loader's scalars carry how they were written
        if isinstance(node, kind):
            return kind(node)
    return node if node is None else str(node)


class Place:
    """Turns a path of keys into `file:line:column`.

    Args:
        path: the file.
        raw: the round-trip mapping that ruamel gave.
    """

    def __init__(self, path: Path, raw: Any) -> None:
        self.path, self.raw = path, raw

    def of(self, *loc: int | str) -> str:
        """Where a value stands; the nearest enclosing key when it is missing."""
        node, line, column = self.raw, 0, 0
        for key in loc:
            if not _has(node, key):
                break
            line, column = _seen(node, key) or (line, column)
            node = node[key]
        return f"{self.path}:{line + 1}:{column + 1}"

    def of_key(self, *loc: int | str) -> str:
        """Where the last key of a path itself stands."""
        node = self.raw
        for key in loc[:-1]:
            if not _has(node, key):
                return self.of(*loc)
            node = node[key]
        try:
            line, column = node.lc.key(loc[-1])
        except PLACELESS:
            return self.of(*loc)
        return f"{self.path}:{line + 1}:{column + 1}"

    def read(self, model: type[Model]) -> Model:
        """The document as a model.

        Raises:
            ConfigError: every problem with its place.
        """
        try:
            return model.model_validate(self.raw)
        except ValidationError as error:
            raise ConfigError(list(self.problems(error, model))) from None

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
            name = cut(".".join(str(key) for key in loc), NAME_MAX)
            if one["type"] == "extra_forbidden":
                known = _keys_at(model, one["loc"])
                yield Problem(
                    f"unknown key {quoted(loc[-1])}" + nearest(str(loc[-1]), known),
                    self.of_key(*loc),
                    allowed=", ".join(known),
                )
            elif one["type"] == "missing":
                yield Problem(f"{name} is missing", self.of(*loc[:-1]), remedy=f"add {loc[-1]}:")
            else:
                got = "" if one["type"] == "value_error" else f", got {quoted(one['input'])}"
                message = one["msg"].removeprefix("Value error, ")
                yield Problem(f"{name}: {message}{got}", self.of(*loc))


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


def _seen(node: Any, key: int | str) -> tuple[int, int] | None:
    """Where a value stands; None for one that a merge key brought along."""
    try:
        marks = node.lc
        line, column = marks.value(key) if isinstance(node, Mapping) else marks.item(key)
    except PLACELESS:
        return None
    return line, column


def _has(node: object, key: int | str) -> bool:
    if isinstance(node, Mapping):
        return key in node
    if isinstance(node, str) or not isinstance(node, Sequence):
        return False
    return isinstance(key, int) and key < len(node)
