"""What an OpenAPI document says of answers: which statuses of which operation it names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.errors import ConfigError, Problem
from harness.json_types import JsonObject
from harness.yaml_limits import THEIRS, read_text
from harness.yaml_source import load_yaml, plain

HOLE = re.compile(r"\{[^}]*\}")
Way = tuple[str, ...]


class Documented:
    """Statuses by method and path; parameters of a path are alike, whatever they are called.

    Args:
        document: the OpenAPI document, plain data.
    """

    def __init__(self, document: JsonObject) -> None:
        self._statuses: dict[tuple[str, Way], set[str]] = {}
        for base in dict.fromkeys(("", *base_paths(document))):  # a proxy may take it away
            for path, methods in document["paths"].items():
                for method, operation in _items(methods):
                    statuses = {str(one).upper() for one, _ in _items(_of(operation, "responses"))}
                    self._statuses[method.upper(), _way(base + path)] = statuses

    def says(self, method: str, path: str, status: int) -> bool:
        """Whether a status of an operation is named, by itself or as `4XX`."""
        return bool(self.named(method, path) & {str(status), f"{status // 100}XX"})

    def named(self, method: str, path: str) -> set[str]:
        """The statuses of an operation; a path in full goes before one with parameters."""
        way = _way(path)
        if (method, way) in self._statuses:
            return self._statuses[method, way]
        for (one, pattern), statuses in self._statuses.items():
            if one == method and _fits(pattern, way):
                return statuses
        return set()


def _way(path: str) -> Way:
    plain_path = HOLE.sub("{}", path.partition("?")[0])
    return tuple(part for part in plain_path.split("/") if part)


def _fits(pattern: Way, way: Way) -> bool:
    pairs = zip(pattern, way, strict=False)
    return len(pattern) == len(way) and all(a == b or "{}" in a for a, b in pairs)


def base_paths(document: JsonObject) -> list[str]:
    """What stands before every path: that of each server, the first one first."""
    servers = document.get("servers")
    urls = [_of(one, "url") for one in servers] if isinstance(servers, list) else []
    found = [urlsplit(one).path.rstrip("/") for one in urls if isinstance(one, str)]
    return list(dict.fromkeys(found)) or [""]


def _of(node: Any, key: str) -> Any:
    return node.get(key) if isinstance(node, Mapping) else None


def _items(node: Any) -> Iterator[tuple[str, Any]]:
    yield from node.items() if isinstance(node, Mapping) else ()


def documented(path: Path) -> Documented:
    """What an OpenAPI document says of answers; refused like `api_of`."""
    return Documented(api_of(path))


def api_of(path: Path) -> JsonObject:
    """An OpenAPI document as plain data; JSON or YAML.

    Raises:
        ConfigError: it is none.
    """
    text = read_text(path, THEIRS.bytes_max)
    document = _json(text, path) if text.lstrip()[:1] == "{" else None
    if document is None:
        document = plain(_yaml(path))
    if "openapi" not in document or not isinstance(document.get("paths"), Mapping):
        raise ConfigError(Problem("no OpenAPI document", str(path), "keys openapi: and paths:"))
    return dict(document)


def _yaml(path: Path) -> Any:
    try:
        return load_yaml(path, THEIRS)
    except ConfigError as error:
        raise ConfigError(
            [Problem(f"no OpenAPI document: {one.cause}", one.where) for one in error.problems]
        ) from None


def _json(text: str, path: Path) -> Any:
    """None for what is no JSON: `{openapi: ...}` may be YAML."""
    try:
        return plain(json.loads(text))
    except (ValueError, RecursionError):
        return None
