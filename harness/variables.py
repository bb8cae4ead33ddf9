"""Variables of a document: `vars:` declares names with defaults, `${name}` stands for the value.

    vars: {delay: 300ms}            a name with its default
    delay: "${delay}"               where it stands; as the whole value it keeps its type
    $${delay}                       the text ${delay} itself

After `Variables.replace`, a document needs none any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, MutableSequence
from dataclasses import dataclass, field
from typing import Any

from harness.errors import Problem
from harness.text import quoted
from harness.yaml_limits import NUMBER_MAX, unfit
from harness.yaml_source import Loc, Place, nearest

VALUE_MAX = 200  # characters; chosen, as the next: documents stay within their own limits
NAMES_MAX = 50
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_USE = re.compile(r"\$(\$?)\{([^{}]*)(\}?)")
_WORDS = {"true": True, "false": False}
Scalar = str | int | float | bool


def declared(raw: Any, place: Place) -> tuple[dict[str, Scalar], list[Problem]]:
    """The names and defaults of `vars:`, and what is wrong with them."""
    if not isinstance(raw, Mapping):
        allowed = "names with defaults: {delay: 300ms}"
        return {}, [Problem(f"vars: {quoted(raw)}", place.of("vars"), allowed)]
    problems = []
    if len(raw) > NAMES_MAX:
        problems.append(Problem(f"{len(raw)} variables", place.of("vars"), f"up to {NAMES_MAX}"))
    for name, value in raw.items():
        if not _NAME.fullmatch(str(name)):
            allowed = "a small letter, then small letters, digits and _, 40 at most"
            cause = f"the variable {quoted(str(name))}"
            problems.append(Problem(cause, place.of_key("vars", name), allowed))
        if why := _unfit(value):
            problems.append(Problem(f"vars.{name}: {why}", place.of("vars", name), "a default"))
    return dict(raw), problems


def _unfit(value: object) -> str:
    """Why something is no value of a variable; "" for one that is."""
    if not isinstance(value, str | int | float):
        return f"{quoted(value)} is no text, number, true or false"
    if isinstance(value, str) and len(value) > VALUE_MAX:
        return f"{len(value)} characters, up to {VALUE_MAX} are allowed"
    if isinstance(value, str) and (why := unfit(value)):
        return why
    return "a variable within a variable" if isinstance(value, str) and "${" in value else ""


def values_of(
    defaults: Mapping[str, Scalar], given: Iterable[str]
) -> tuple[dict[str, Scalar], list[Problem]]:
    """Every variable with its value, the command line's before the document's.

    Args:
        given: `name=value` each.
    """
    values, problems, reported = dict(defaults), [], set()
    for one in given:
        name, equals, text = one.partition("=")
        where = f"--var {quoted(name)[1:-1]}"
        if not equals:
            problems.append(Problem(f"{quoted(one)} has no value", "--var", "name=value"))
        elif name not in defaults:
            cause = f"no variable {quoted(name)}" + nearest(name, defaults)
            allowed = ", ".join(defaults) or "none: the document declares no variables"
            problems.append(Problem(cause, where, allowed, "declare it under vars:"))
        elif name in reported:
            problems.append(Problem("given twice", where, "one value"))
        else:
            reported.add(name)
            try:
                values[name] = _typed(text, defaults[name])
            except ValueError as error:
                problems.append(Problem(str(error), where, _kind(defaults[name])))
    return values, problems


def _typed(text: str, default: Scalar) -> Scalar:
    """A text of the command line as what its default is.

    Raises:
        ValueError: it is not.
    """
    if why := _unfit(text):
        raise ValueError(why)
    wrong = f"{quoted(text)} is not {_kind(default)}"
    if isinstance(default, bool):
        if text not in _WORDS:
            raise ValueError(wrong)
        return _WORDS[text]
    if isinstance(default, str):
        return text
    try:
        value = int(text) if isinstance(default, int) else float(text)
    except ValueError:
        raise ValueError(wrong) from None
    if not abs(value) <= NUMBER_MAX:
        raise ValueError(wrong)
    return value


def _kind(default: Scalar) -> str:
    if isinstance(default, bool):
        return "true or false"
    if isinstance(default, str):
        return f"a text of up to {VALUE_MAX} characters, like {quoted(default)}"
    number = "a whole number" if isinstance(default, int) else "a number"
    return f"{number} in -2^53 .. 2^53, like {default}"


@dataclass
class Variables:
    """Replaces variables in a document.

    Args:
        values: of every variable that is declared.
        place: of the document.
        used: filled by `replace`, as the next.
        said: place in the document -> which variables were replaced there, with their values.
    """

    values: Mapping[str, Scalar]
    place: Place
    used: set[str] = field(default_factory=set)
    said: dict[str, str] = field(default_factory=dict)
    _done: set[int] = field(default_factory=set)

    def replace(self, node: Any, loc: Loc = ()) -> list[Problem]:
        """Replace within a mapping or a sequence, in place; what aliases share, once."""
        if id(node) in self._done:
            return []
        self._done.add(id(node))
        problems: list[Problem] = []
        for key, value in _children(node):
            here = (*loc, key)
            if isinstance(value, str) and "${" in value:
                node[key], wrong = self._text(value, here)
                problems += wrong
            else:
                problems += self.replace(value, here)
        return problems

    def _text(self, text: str, loc: Loc) -> tuple[Scalar, list[Problem]]:
        """A text with its variables replaced; alone in it, one keeps its type."""
        problems = [*self._problems(text, loc)]
        if problems:
            return text, problems
        names = [found[2] for found in _USE.finditer(text) if not found[1]]
        self.used.update(names)
        if names:
            sources = (f"${{{name}}} is {quoted(self.values[name])}" for name in {*names})
            self.said[self.place.of(*loc)] = ", ".join(sorted(sources))
        if len(names) == 1 and text == f"${{{names[0]}}}":
            return self.values[names[0]], []
        return _USE.sub(self._one, text), []

    def _one(self, found: re.Match[str]) -> str:
        if found[1]:
            return found[0][1:]
        value = self.values[found[2]]
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _problems(self, text: str, loc: Loc) -> Iterator[Problem]:
        where = self.place.of(*loc)
        for found in _USE.finditer(text):
            if found[1]:
                continue
            if not found[3]:
                cause = f"{quoted(found[0])} has no }}"
                yield Problem(cause, where, "${name}", "close it, or write $${ for the text itself")
            elif found[2] not in self.values:
                cause = f"unknown variable {quoted(found[2])}" + nearest(found[2], self.values)
                allowed = ", ".join(self.values) or "none: the document declares none under vars:"
                yield Problem(cause, where, allowed, "declare it, or write $${ for the text itself")


def _children(node: Any) -> list[tuple[Any, Any]]:
    if isinstance(node, MutableMapping):
        return list(node.items())
    if isinstance(node, MutableSequence):
        return list(enumerate(node))
    return []


def escaped(value: Any) -> Any:
    """A document that can be read again: a text `${x}` in it stays a text."""
    if isinstance(value, Mapping):
        return {key: escaped(one) for key, one in value.items()}
    if isinstance(value, list):
        return [escaped(one) for one in value]
    return value.replace("${", "$${") if isinstance(value, str) else value
