"""Reading documents that people wrote: every problem at once, each with its path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


class InvalidDocument(ValueError):
    """A document is wrong.

    Args:
        problems: one line each, `path: what was got and what is allowed`, in document order.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


def at(path: str, name: str) -> str:
    """Name a field below a path; the top of a document has the empty path."""
    return f"{path}.{name}" if path else name


def read(kind: type[S], raw: object, path: str, problems: list[str]) -> S | None:
    """Read one value field by field, adding every problem to `problems`.

    Args:
        kind: the struct to read; its field types and `Meta` say what is allowed.
        raw: what the JSON decoder gave.
        path: where `raw` stands in its document, `""` for the whole document.
        problems: takes one line for each thing wrong.

    Returns:
        the value, or None when something was wrong.
    """
    if not isinstance(raw, Mapping):
        problems.append(f"{path or 'document'}: got {raw!r}, need an object")
        return None
    fields = _fields(kind)
    before = len(problems)
    values = {}
    for name, field in fields.items():
        if name in raw:
            try:
                values[field.name] = msgspec.convert(raw[name], field.type)
            except msgspec.ValidationError as wrong:
                problems.append(f"{at(path, name)}: got {raw[name]!r}: {wrong}")
        elif field.required:
            problems.append(f"{at(path, name)}: missing, it is required")
    allowed = ", ".join(fields) or "nothing"
    problems += [
        f"{at(path, str(name))}: unknown key; allowed: {allowed}"
        for name in raw
        if name not in fields
    ]
    return kind(**values) if len(problems) == before else None


@lru_cache
def _fields(kind: type[msgspec.Struct]) -> Mapping[str, msgspec.structs.FieldInfo]:
    """The fields of a struct by the names that documents use; looking them up is slow."""
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}
