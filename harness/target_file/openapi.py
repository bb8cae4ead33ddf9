"""What an OpenAPI document says of answers: which statuses of which operation it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, Problem
from harness.yaml_source import load_yaml, plain

HOLE = re.compile(r"\{[^}]*\}")


class Documented:
    """Statuses by method and path; parameters of a path are alike, whatever they are called.

    Args:
        document: the OpenAPI document, plain data.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._statuses = {
            (method.upper(), HOLE.sub("{}", path)): {
                str(one) for one in operation.get("responses", {})
            }
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if isinstance(operation, Mapping)
        }

    def says(self, method: str, path: str, status: int) -> bool:
        """Whether a status of an operation is named, by itself or as `4XX`."""
        found = self._statuses.get((method, HOLE.sub("{}", path.partition("?")[0])), set())
        return bool(found & {str(status), f"{status // 100}XX", f"{status // 100}xx"})


def documented(path: Path) -> Documented:
    """What an OpenAPI document says of answers; refused like `api_of`."""
    return Documented(api_of(path))


def api_of(path: Path) -> Mapping[str, Any]:
    """An OpenAPI document as plain data.

    Raises:
        ConfigError: it is none.
    """
    document = plain(load_yaml(path))
    if "openapi" not in document or not isinstance(document.get("paths"), Mapping):
        raise ConfigError(Problem("no OpenAPI document", str(path), "keys openapi: and paths:"))
    return dict(document)
