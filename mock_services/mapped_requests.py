"""Requests as mappings see them: what selectors name, which path a mapping is for, amounts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from mock_services.routes import Request

FORM = "application/x-www-form-urlencoded"


class Asked(msgspec.Struct, frozen=True):
    """A request as selectors see it: `body.loan.id`, `body.lines.0.id`, `path.id`, `header.X`."""

    body: Any
    path: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def bearer(self) -> str:
        """The bearer token that the caller showed; "" for none."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    def select(self, selector: str) -> Any:
        """What a selector names; None when there is no such thing."""
        source, rest, names = _parts(selector)
        if source == "header":
            return self.headers.get(rest)
        found: Any = None
        if source == "body":
            found = self.body
        elif source == "path":
            found = self.path
        for name in names:
            if type(found) is dict:
                found = found.get(name)
            elif type(found) is list:
                found = found[int(name)] if name.isdigit() and int(name) < len(found) else None
            else:
                return None
        return found


@lru_cache(maxsize=1024)
def _parts(selector: str) -> tuple[str, str, tuple[str, ...]]:
    source, _, rest = selector.partition(".")
    return source, rest.lower(), tuple(filter(None, rest.split(".")))


def read(request: Request) -> Asked:
    """A request with its body: JSON, or the fields of a form; {} for any other text.

    Raises:
        msgspec.DecodeError: it says that it is JSON, or nothing, and is none.
    """
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers}
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == FORM:
        body: Any = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    elif not request.body or (kind and "json" not in kind):
        body = {}
    else:
        body = msgspec.json.decode(request.body)
    return Asked(body, request.params, headers)


def fits_path(pattern: str, path: str) -> dict[str, str] | None:
    """The parameters of a path, `{name}` any text of one segment; None when it is another."""
    wanted, given = pattern.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    found: dict[str, str] = {}
    for want, got in zip(wanted, given, strict=True):
        if want.startswith("{") and got:
            found[want[1:-1]] = got
        elif want != got:
            return None
    return found


def may_meet(one: str, other: str) -> bool:
    """Whether two patterns have a path in common."""
    pairs = [one.split("/"), other.split("/")]
    return len(pairs[0]) == len(pairs[1]) and all(
        a == b or a.startswith("{") or b.startswith("{") for a, b in zip(*pairs, strict=True)
    )


def minor(value: Any, decimals: int) -> int | None:
    """An amount in minor units; None when it is no whole number of them.

    Args:
        value: a number, or a text of one: `120.50` with two decimals is 12050.
    """
    if type(value) is int and not decimals:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        scaled = Decimal(str(value)).scaleb(decimals)
    except InvalidOperation:
        return None
    return int(scaled) if scaled.is_finite() and scaled == scaled.to_integral_value() else None
