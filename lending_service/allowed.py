"""What the type of a field takes, in words: for documents that cannot be used."""

from __future__ import annotations

import typing
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta


def struct_in(hint: object) -> type[object] | None:
    """The Struct that a field of this type may hold, if any."""
    for part in (hint, *typing.get_args(hint)):
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            return part
    return None


def allowed(hint: Any) -> str:
    """What a field of this type takes, in words."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is type(None):
        return "null"
    if origin is Literal:
        return " | ".join(str(arg) for arg in args)
    if origin is Annotated:
        return allowed(args[0]) + _bounds(args[1])
    if origin is dict:
        return f"a mapping of names to {allowed(args[1])}"
    if args:
        return " or ".join(allowed(arg) for arg in args)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return "a mapping of " + ", ".join(hint.__struct_fields__)
    return str(getattr(hint, "__name__", hint))


def _bounds(meta: Meta) -> str:
    words = [
        f"{sign} {bound}"
        for sign, bound in (
            (">", meta.gt),
            (">=", meta.ge),
            ("<=", meta.le),
            ("of length >=", meta.min_length),
            ("of length <=", meta.max_length),
        )
        if bound is not None
    ]
    return " " + " and ".join(words)
