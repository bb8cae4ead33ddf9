"""One HTTP exchange as a target sees it: what is sent, and what came back."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from harness.json_types import JsonDict, JsonObject


class Request(msgspec.Struct, frozen=True):
    """An HTTP request as a target wants it sent.

    Args:
        body: sent as JSON.
        text: sent as it is, in place of `body`; a header says what it is.
        to: the program that is asked; "" for the one behind the entry.
    """

    method: str
    path: str
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: JsonObject | list[Any] | None = None
    timeout_s: float = 5.0
    text: str | None = None
    to: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What came back.

    Args:
        status: HTTP status, None when there was none.
        body: decoded JSON object, a JSON list under `items`, or {} when it was neither.
        error: "" or refused (never sent), timeout, reset, protocol.
        headers: names in small letters.
    """

    status: int | None
    body: JsonObject = msgspec.field(default_factory=dict)
    error: str = ""
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)


BODY_MAX = 256 << 10
"""Bytes of an answer to users that are read; chosen: a quarter of a line of a history."""


# Whether it may have such a number: texts may look so too.
_ODD = re.compile(rb"NaN|Infinity|[0-9]{19}|[:\[,\s]-?[0-9.]+[eE]\+?[0-9]{3}")
INT_MAX = 2**63 - 1


def decoded(content: bytes, longest: int | None = None) -> JsonDict:
    """A body as an `Answer` holds it; {} where it is no JSON, or none that a history can hold: too
    long, too deep, half a surrogate pair, a number that is none or has no end.

    Args:
        longest: bytes; None for any length.
    """
    if longest is not None and len(content) > longest:
        return {}
    try:
        odd = _NUMBERS if _ODD.search(content) else {}
        body = json.loads(content or b"null", **odd)
        if b"\\u" in content:
            msgspec.json.encode(body)
    except (ValueError, RecursionError):
        return {}
    return body_of(body)


def _refused(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    return value if math.isfinite(value) else _refused(digits)


def _whole(digits: str) -> int:
    value = int(digits)
    return value if abs(value) <= INT_MAX else int(_refused(digits))


_NUMBERS: dict[str, Any] = {
    "parse_constant": _refused, "parse_float": _finite, "parse_int": _whole,
}  # fmt: skip


def body_of(document: object) -> JsonDict:
    """A decoded JSON document as an `Answer` holds it."""
    if isinstance(document, list):
        return {"items": document}
    return document if isinstance(document, dict) else {}
