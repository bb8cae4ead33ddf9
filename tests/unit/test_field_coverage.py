"""No field of an answer is taken on trust without a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import lending_service
from chaos.field_coverage import FIELD_COVERAGE
from harness.registry import load_vocabulary

pytestmark = pytest.mark.unit
ASKED = {"Submit", "Repay", "Callback"}  # requests, not answers


def _fields(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """Names of what a schema holds, as deep as it goes; what it takes from others is theirs."""
    parts = [schema, *schema.get("allOf", ()), *schema.get("oneOf", ())]
    for part in parts:
        inner = part.get("items") or part.get("additionalProperties") or {}
        if isinstance(inner, Mapping) and inner.get("properties"):
            yield from _fields(name, inner)
        for field, its in part.get("properties", {}).items():
            deeper = list(_fields(f"{name}.{field}", its))
            yield from deeper or [f"{name}.{field}"]


def test_every_field_of_every_answer_is_read_by_an_invariant_or_says_why_not() -> None:
    """As `openapi.yaml` has them."""
    file = Path(str(lending_service.__file__)).with_name("openapi.yaml")
    schemas = YAML(typ="safe").load(file)["components"]["schemas"]
    there = {field for name, one in schemas.items() if name not in ASKED
             for field in _fields(name, one)}  # fmt: skip
    assert {name for name in FIELD_COVERAGE if not name.startswith("ledger ")} == there


def test_the_invariants_that_are_named_are_there() -> None:
    """And a reason is a sentence."""
    known = load_vocabulary().invariants
    for field, by in FIELD_COVERAGE.items():
        names = () if isinstance(by, str) else by
        assert set(names) <= known.keys(), field
        assert names or str(by).endswith("."), field
