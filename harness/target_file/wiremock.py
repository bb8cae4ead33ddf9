"""Mapping files of WireMock, as mappings of a stand-in: a subset, and everything else refused.

What is read: request.method, url, urlPath, urlPathTemplate, headers by equalTo, bodyPatterns by
matchesJsonPath `$.a.b` with equalTo, or by equalToJson that lets other fields be; response.status,
jsonBody, body that is JSON; name, priority.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, Problem
from harness.json_types import JsonDict, JsonObject
from harness.yaml_source import Place, load_yaml, plain

IGNORED = {"id", "uuid", "name", "persistent", "metadata", "priority", "insertionIndex"}
REQUEST = {"method", "url", "urlPath", "urlPathTemplate", "headers", "bodyPatterns"}
RESPONSE = {"status", "jsonBody", "body", "headers"}
LENIENT = "ignoreExtraElements"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PATH = re.compile(r"^\$((?:\.\w+)+)$")
BODY = (
    "equalToJson of plain values with ignoreExtraElements: true, "
    "matchesJsonPath: {expression: $.a.b, equalTo: a text}"
)
PRIORITY = 5  # of WireMock, where a mapping names none
Written = JsonDict


def mappings_of(folder: Path, where: str) -> list[Written]:
    """The mappings of a folder, those of a higher priority first.

    Args:
        where: place of the folder's name, for a folder that cannot be read.

    Raises:
        ConfigError: what is not read, each with file, line and column.
    """
    files = sorted(folder.rglob("*.json"))
    if not files:
        raise ConfigError(Problem(f"{folder}: no mapping file", where, "a folder with *.json"))
    found: list[tuple[int, Written]] = []
    problems: list[Problem] = []
    for path in files:
        for one, place, loc in _within(path):
            reader = _Reader(place, loc)
            found.append((int(one.get("priority", PRIORITY)), reader.mapping(one, path.stem)))
            problems += reader.problems
    if problems:
        raise ConfigError(problems)
    found.sort(key=lambda pair: (pair[0], -len(pair[1].get("when", {}))))
    return [one for _, one in found]


def _within(path: Path) -> Iterator[tuple[JsonObject, Place, tuple[int | str, ...]]]:
    """JSON is YAML; one mapping, or several under `mappings`."""
    raw = load_yaml(path)
    place = Place(path, raw)
    if isinstance(raw.get("mappings"), list):
        for number, one in enumerate(raw["mappings"]):
            yield plain(one), place, ("mappings", number)
    else:
        yield plain(raw), place, ()


class _Reader:
    """One mapping.

    Args:
        place: of its file.
        loc: where in it the mapping stands.
    """

    def __init__(self, place: Place, loc: tuple[int | str, ...]) -> None:
        self._place, self._loc = place, loc
        self.problems: list[Problem] = []

    def mapping(self, told: JsonObject, stem: str) -> Written:
        """As a target file writes it."""
        self._known(told, IGNORED | {"request", "response"}, ())
        request, response = _part(told, "request"), _part(told, "response")
        self._known(request, REQUEST, ("request",))
        self._known(response, RESPONSE, ("response",))
        name = re.sub(r"\W+", "_", str(told.get("name") or stem).lower()).strip("_")
        when = {**self._headers(request), **self._bodies(request)}
        written: Written = {
            "on": self._on(request),
            "op": _word(name),
            "reply": self._reply(response),
        }
        written["status"] = response.get("status", 200)
        return written | ({"when": when} if when else {})

    def _no(self, what: str, *loc: int | str, allowed: str = "") -> None:
        where = self._place.of_key(*self._loc, *loc)
        remedy = "write it as a mapping of the target file"
        self.problems.append(Problem(f"{what} of WireMock is not read", where, allowed, remedy))

    def _known(self, told: JsonObject, known: set[str], loc: tuple[str, ...]) -> None:
        for key in told.keys() - known:
            self._no(".".join((*loc, key)), *loc, key, allowed=", ".join(sorted(known)))

    def _on(self, request: JsonObject) -> str:
        method = str(request.get("method", "ANY"))
        if method not in METHODS:
            self._no(f"method {method}", "request", "method", allowed=", ".join(METHODS))
        keys = [key for key in ("url", "urlPath", "urlPathTemplate") if key in request]
        path = str(request[keys[0]]) if len(keys) == 1 else ""
        if not path.startswith("/") or "?" in path:
            self._no("a request without one path, or with a query", "request")
            return "GET /"
        return f"{method if method in METHODS else 'GET'} {path}"

    def _headers(self, request: JsonObject) -> JsonDict:
        found: JsonDict = {}
        for name, matcher in _part(request, "headers").items():
            if isinstance(matcher, Mapping) and list(matcher) == ["equalTo"]:
                found[f"header.{name}"] = str(matcher["equalTo"])
            else:
                self._no(f"header {name} by {_keys(matcher)}", "request", "headers", name,
                         allowed="equalTo")  # fmt: skip
        return found

    def _bodies(self, request: JsonObject) -> JsonDict:
        found: JsonDict = {}
        for number, pattern in enumerate(request.get("bodyPatterns", [])):
            one = _compared(pattern)
            if one is None:
                self._no(
                    f"body by {_keys(pattern)}", "request", "bodyPatterns", number, allowed=BODY
                )
            found |= one or {}
        return found

    def _reply(self, response: JsonObject) -> Any:
        body = response.get("jsonBody", {})
        if "body" in response:
            try:
                body = json.loads(str(response["body"]))
            except (ValueError, RecursionError):
                body = None
        if not isinstance(body, dict | list | int | float | str):
            self._no("a body that is no JSON", "response")
            return {}
        if "{{" in json.dumps(body):
            self._no("a response template", "response")
        for name in _part(response, "headers"):
            if name.lower() != "content-type":
                self._no(f"response header {name}", "response", "headers", name)
        return body


def _compared(pattern: Any) -> JsonDict | None:
    """Selector -> value; None when it is compared in a way that is not read."""
    if not isinstance(pattern, Mapping):
        return None
    if list(pattern) == ["matchesJsonPath"] and isinstance(pattern["matchesJsonPath"], Mapping):
        asked = pattern["matchesJsonPath"]
        path = PATH.match(str(asked.get("expression", "")))
        wanted = asked.get("equalTo")
        if path and len(asked) == 2 and isinstance(wanted, str) and not wanted.isdigit():
            return {f"body{path[1]}": wanted}
        return None
    if pattern.keys() != {"equalToJson", LENIENT} or not pattern[LENIENT]:
        return None
    wanted = pattern["equalToJson"]
    try:
        wanted = json.loads(wanted) if isinstance(wanted, str) else wanted
    except (ValueError, RecursionError):
        return None
    if not isinstance(wanted, dict) or not all(
        isinstance(value, str | int | bool) for value in wanted.values()
    ):
        return None
    return {f"body.{name}": value for name, value in wanted.items()}


def _part(told: JsonObject, key: str) -> JsonObject:
    found = told.get(key)
    return found if isinstance(found, Mapping) else {}


def _keys(matcher: Any) -> str:
    return ", ".join(map(str, matcher)) if isinstance(matcher, Mapping) else "a text"


def _word(name: str) -> str:
    return name if name[:1].isalpha() else f"call_{name}"
