"""Plain data: objects of JSON and YAML documents, before they have a type or after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JsonObject = Mapping[str, Any]
"""One that is read."""

JsonDict = dict[str, Any]
"""One that is being written."""
