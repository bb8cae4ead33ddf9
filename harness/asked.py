"""A request of somebody's own locustfile, as an operation of the target.

The target says how each operation is asked for: of a call with marks in place of its key and its
arguments, that is the pattern of its requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from harness.json_types import JsonDict, JsonObject
from harness.model import Outcome
from harness.target import BODY_MAX, Answer, Call, Completion, Target, decoded

KEY = "HARNESSkeyEND"
ARGUMENT = re.compile("HARNESSarg_([a-z0-9_]+)END")


class _Marks(dict[str, str]):
    """Arguments of which each is a mark with its name."""

    def __missing__(self, name: str) -> str:
        return f"HARNESSarg_{name}END"


class Asked(msgspec.Struct, frozen=True):
    """What was asked.

    Args:
        f: an operation, or for a request that is none `METHOD /path`, or its name.
        k: business key.
        args: what stands in the history.
    """

    f: str
    k: str = ""
    args: JsonObject = msgspec.field(default_factory=dict)


class Way(msgspec.Struct, frozen=True):
    """How an operation is asked for.

    Args:
        path: of its requests; groups are named after arguments, the key is `HARNESSkeyEND`.
        shown: the same for a reader, `/v1/loans/{loan_id}/repayments`.
        header: in which the key stands, in small letters; "" for none.
    """

    method: str
    path: re.Pattern[str]
    shown: str
    header: str


class Operations:
    """Finds operations in requests.

    Args:
        target: whose they are.
    """

    def __init__(self, target: Target) -> None:
        """Learn how each is asked for when it is needed."""
        self._target = target

    @property
    def names(self) -> list[str]:
        """All of them."""
        return list(self._target.contract["operations"])

    def shown(self, name: str) -> str:
        """How an operation can be asked for, for a reader."""
        if (way := self.ways.get(name)) is None:
            return f'name="{name}" at a request'
        return f'name="{name}" at a request, or {way.method} {way.shown}'

    @cached_property
    def ways(self) -> Mapping[str, Way]:
        """Operation -> how it is asked for, of those that say so without arguments."""
        return dict(self._ways())

    def _ways(self) -> Iterator[tuple[str, Way]]:
        for name in self._target.contract["operations"]:
            try:
                request = self._target.request(Call(name, KEY, _Marks()))
            except Exception:  # noqa: S112 - it needs arguments of a certain kind: by name alone
                continue
            path = request.path.partition("?")[0]
            shown = ARGUMENT.sub(r"{\1}", path).replace(KEY, "{key}")
            headers = [h.lower() for h, value in request.headers.items() if KEY in value]
            yield name, Way(request.method, _pattern(path), shown, next(iter(headers), ""))

    def asked(self, method: str, url: str, how: JsonObject, context: JsonObject) -> Asked:
        """What a request asks for.

        Args:
            how: its other arguments, as Locust's clients take them: name, json, headers, ...
            context: of the request: `key` and `args` are for the history.
        """
        path, name = urlsplit(url).path, str(how.get("name") or "")
        f = name if name in self._target.contract["operations"] else self._by_path(method, path)
        body = how.get("json")
        args: JsonDict = dict(body) if isinstance(body, dict) else {}
        key = ""
        if (way := self.ways.get(f)) is not None:
            found = ((match := way.path.fullmatch(path)) and match.groupdict()) or {}
            args.update({arg: unquote(value) for arg, value in found.items() if arg != KEY})
            headers = {str(k).lower(): str(v) for k, v in (how.get("headers") or {}).items()}
            key = unquote(found.get(KEY, "")) or headers.get(way.header, "")
        args, key = context.get("args", args), str(context.get("key", key))
        return Asked(f or name or f"{method.upper()} {path}", key, args)

    def _by_path(self, method: str, path: str) -> str:
        able = (
            name
            for name, way in self.ways.items()
            if way.method == method.upper() and way.path.fullmatch(path)
        )
        return next(able, "")

    def completed(self, asked: Asked, event: JsonObject) -> Completion:
        """What is known after Locust's request event.

        Args:
            event: response and exception of it.
        """
        answer = _answer(event)
        if asked.f in self._target.contract["operations"]:
            return self._target.classify(Call(asked.f, asked.k, asked.args), answer)
        if event.get("exception") is None:
            return Completion(Outcome.OK, value=_status(answer))
        known = answer.status is not None and 400 <= answer.status < 500
        kind = f"http_{answer.status}" if answer.status else answer.error
        return Completion(Outcome.FAIL if known else Outcome.INFO, kind, _status(answer))


def _pattern(path: str) -> re.Pattern[str]:
    """Of `/v1/loans/HARNESSarg_loan_idEND/repayments`."""
    text = ARGUMENT.sub(r"(?P<\1>[^/]+)", re.escape(path))
    return re.compile(text.replace(KEY, f"(?P<{KEY}>[^/]+)", 1))


def _status(answer: Answer) -> JsonObject:
    return {} if answer.status is None else {"http_status": answer.status}


def _answer(event: JsonObject) -> Answer:
    response: Any = event.get("response")
    status = getattr(response, "status_code", None)
    if not status:  # Locust's clients put 0 where no answer came
        return Answer(None, error=_kind(event.get("exception")))
    body = decoded(response.content or b"", BODY_MAX)
    headers = {str(name).lower(): value for name, value in (response.headers or {}).items()}
    return Answer(status, body, headers=headers)


def _kind(error: object) -> str:
    """What became of a request without an answer: refused only if nobody can have heard it."""
    words = f"{type(error).__name__} {error!r}".lower()
    if "refused" in words or "gaierror" in words:
        return "refused"
    return "timeout" if "time" in words else "reset"
