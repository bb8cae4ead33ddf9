"""What a document may be, checked on its events before anything of it is built.

    bytes ── size, UTF-8, control characters
    events ── depth, nodes (those of aliases counted each time), keys, tags, dates, numbers

A document of 500 bytes can stand for a billion nodes; it is refused at the alias that does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.nodes import ScalarNode

from harness.errors import ConfigError, Problem
from harness.safe_files import read_bytes
from harness.text import quoted

# The figures of this block are chosen: a hundred times what the documents that come along have.
BYTES_MAX = 64 << 10
DEPTH_MAX = 20
NODES_MAX = 3_000
SCALAR_MAX = 10_000  # characters
KEY_MAX = 200
DIGITS_MAX = 60
NUMBER_MAX = 2**53  # beyond it, JSON readers lose digits
WORDS = ("str", "int", "float", "bool", "null", "merge")


@dataclass(frozen=True)
class Limits:
    """How much a document may be.

    Args:
        bytes_max, nodes_max, depth_max: of the whole.
        lenient: also numbers as keys and dates, as documents of others have them.
    """

    bytes_max: int = BYTES_MAX
    nodes_max: int = NODES_MAX
    depth_max: int = DEPTH_MAX
    lenient: bool = False


OURS = Limits()
THEIRS = Limits(2 << 20, 200_000, 60, lenient=True)  # chosen: documents that a program wrote
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_text(path: Path, bytes_max: int = BYTES_MAX) -> str:
    """The text of a document.

    Raises:
        ConfigError: unreadable, too large, not UTF-8, or with a control character in it.
    """
    raw = read_bytes(path, bytes_max)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        where = f"{path}:{before.count(10) + 1}:{error.start - before.rfind(10)}"
        cause = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        raise ConfigError(Problem(cause, where, "UTF-8", "save it as UTF-8")) from None
    if found := _FORBIDDEN.search(text):
        before_ = text[: found.start()]
        where = f"{path}:{before_.count(chr(10)) + 1}:{found.start() - before_.rfind(chr(10))}"
        cause = f"control character U+{ord(found[0]):04X}"
        raise ConfigError(Problem(cause, where, "text, line ends and tabs", "remove it"))
    return text


def unfit(text: str) -> str:
    """Why a text cannot stand in a document; "" for one that can."""
    found = _FORBIDDEN.search(text)
    return f"character U+{ord(found[0]):04X}" if found else ""


def check(text: str, path: Path, limits: Limits = OURS) -> None:
    """Whether a document may be built.

    Raises:
        ConfigError: it is no YAML, or more than a document needs; with the place.
    """
    yaml = YAML(typ="rt")
    looking = _Looking(yaml, limits)
    try:
        for event in yaml.parse(text):
            if problem := looking.problem(event):
                raise ConfigError(_at(problem, path, event.start_mark))
    except YAMLError as error:
        raise ConfigError(problem_of(error, path)) from None
    except (ValueError, LookupError, TypeError, AssertionError, AttributeError) as error:
        raise ConfigError(broken(error, path)) from None


def problem_of(error: YAMLError, path: Path) -> Problem:
    """What the parser found, with its place."""
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    cause = (error.problem if isinstance(error, MarkedYAMLError) else str(error)) or "no YAML"
    remedy = "check the indentation and the quotes"
    around = mark.buffer[max(0, mark.index - 1) :][:2] if mark and mark.buffer else ""
    if around == "${":
        remedy = 'put it in quotes: "${name}"'
    elif around[1:] == "{":  # within braces a text cannot go on with one
        remedy = 'put the whole value in quotes: "some-{name}"'
    return _at(Problem(f"not valid YAML: {cause}", remedy=remedy), path, mark)


def broken(error: Exception, path: Path) -> Problem:
    """What a parser does that was made for other documents."""
    cause = f"not valid YAML: {type(error).__name__}: {quoted(str(error))}"
    return Problem(cause, f"{path}:1:1", remedy="write plain keys and values")


def _at(problem: Problem, path: Path, mark: Any) -> Problem:
    where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else f"{path}:1:1"
    return Problem(problem.cause, where, problem.allowed, problem.remedy)


@dataclass
class _Open:
    """A collection that has begun."""

    anchor: str | None
    is_mapping: bool
    nodes_before: int
    children: int = 0


@dataclass
class _Looking:
    """Counts nodes as they would be built, and looks at each value."""

    yaml: YAML
    limits: Limits
    nodes: int = 0
    open: list[_Open] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    def problem(self, event: Any) -> Problem | None:
        """What is wrong with an event, if anything."""
        return next(self._problems(event), None)

    def _problems(self, event: object) -> Iterator[Problem]:
        if isinstance(event, DocumentStartEvent) and (event.version or event.tags):
            yield Problem("a %directive", allowed="none", remedy="remove it")
        if isinstance(event, CollectionEndEvent):
            self._end()
        if not isinstance(event, NodeEvent):
            return
        is_key = self._child()
        yield from self._key(event, is_key)
        if isinstance(event, AliasEvent):
            yield from self._alias(event)
        elif (tag := getattr(event, "tag", None)) is not None and not _is_implicit(event):
            yield Problem(f"tag {quoted(str(tag))}", allowed="plain values", remedy="remove it")
        self.nodes += 1
        if isinstance(event, CollectionStartEvent):
            yield from self._begin(event)
        elif isinstance(event, ScalarEvent):
            yield from self._scalar(event)
        if self.nodes > (all_ := self.limits.nodes_max):
            yield Problem(f"more than {all_} values, those of aliases counted each time")

    def _child(self) -> bool:
        """Count it where it belongs; whether it stands for a key."""
        if not self.open:
            return False
        self.open[-1].children += 1
        return self.open[-1].is_mapping and self.open[-1].children % 2 == 1

    def _key(self, event: object, is_key: bool) -> Iterator[Problem]:
        if not is_key:
            return
        if not isinstance(event, ScalarEvent):
            yield Problem("a key that is no word", allowed="a word before each colon")
        elif len(event.value) > KEY_MAX:
            yield Problem(f"a key of {len(event.value)} characters", allowed=f"up to {KEY_MAX}")
        elif not self.limits.lenient and self._word(event) not in ("str", "merge"):
            yield Problem(f"the key {quoted(event.value)} is no word", remedy="put it in quotes")

    def _alias(self, event: Any) -> Iterator[Problem]:
        if any(one.anchor == event.anchor for one in self.open):
            yield Problem(f"*{quoted(event.anchor)[1:-1]} stands within itself", remedy="remove it")
        self.nodes += self.sizes.get(event.anchor, 0)

    def _begin(self, event: Any) -> Iterator[Problem]:
        mapping = isinstance(event, MappingStartEvent)
        self.open.append(_Open(event.anchor, mapping, self.nodes))
        if len(self.open) > (most := self.limits.depth_max):
            yield Problem(f"nested deeper than {most}", remedy="close a bracket before it")

    def _end(self) -> None:
        done = self.open.pop()
        if done.anchor:
            self.sizes[done.anchor] = self.nodes - done.nodes_before

    def _scalar(self, event: Any) -> Iterator[Problem]:
        if len(event.value) > SCALAR_MAX:
            allowed = f"up to {SCALAR_MAX}"
            yield Problem(f"a value of {len(event.value)} characters", allowed=allowed)
        elif _SURROGATE.search(event.value):
            yield Problem("half of a character (a surrogate)", remedy="write the character itself")
        elif (word := self._word(event)) not in WORDS and not self.limits.lenient:
            yield Problem(f"{quoted(event.value)} reads as a {word}", remedy="put it in quotes")
        elif word in ("int", "float") and not _is_number(event.value, word):
            yield Problem(f"{quoted(event.value)} is no finite number", allowed="-2^53 .. 2^53")

    def _word(self, event: Any) -> str:
        """The kind of a scalar: str, int, timestamp, ..."""
        if not (event.implicit[0] and event.style is None):
            return "str"
        tag = self.yaml.resolver.resolve(ScalarNode, event.value, event.implicit)
        return str(tag).rpartition(":")[2]


def _is_implicit(event: Any) -> bool:
    implicit = event.implicit
    return bool(implicit if isinstance(implicit, bool) else any(implicit))


def _is_number(text: str, word: str) -> bool:
    """Finite, and small enough for whoever reads it as JSON."""
    digits = text.lower().replace("_", "")
    if len(digits) > DIGITS_MAX:
        return False
    try:
        value = float(digits) if word == "float" else _whole(digits)
    except ValueError:
        return False
    return abs(value) <= NUMBER_MAX


def _whole(digits: str) -> int:
    for prefix, base in (("0x", 16), ("0o", 8), ("0b", 2)):
        if digits.lstrip("+-").startswith(prefix):
            return int(digits.replace(prefix, "", 1), base)
    return int(digits)
