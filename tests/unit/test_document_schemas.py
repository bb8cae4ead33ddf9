"""JSON Schemas for editors: every shipped document is valid, and what a schema can see is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from harness.authoring.schema import DOCUMENTS
from harness.registry import load_vocabulary

ROOT = Path(__file__).parents[2]
WORDS = load_vocabulary()
CHECKS = {kind: jsonschema_rs.validator_for(make(WORDS)) for kind, make in DOCUMENTS.items()}
EXPERIMENT = """
title: t
load: {arrivals: 8/s, journeys: {consumer: 1}}
steady-state-hypothesis:
  title: s
  probes: [{name: p, measure: ok_ratio, of: submit, tolerance: ">= 0.9"}]
method: [{at: 8s, for: "${long}", fault: latency, link: lending->risk, delay: 300ms}]
recovery: 14s
invariants: [no_double_payout]
"""


def shipped() -> Iterator[object]:
    """Each document with its kind."""
    kinds = {
        "experiment": WORDS.experiments,
        "design": WORDS.designs,
        "suite": WORDS.suites,
        "runbook": WORDS.runbooks,
    }
    for kind, files in kinds.items():
        yield from (pytest.param(kind, path, id=path.stem) for path in files.values())
    for name in ("mylender", "nodelender"):
        path = ROOT / "docs/examples" / name / "target.yaml"
        yield pytest.param("target", path, id=name)


def read(text: str) -> Any:
    """Plain data."""
    return YAML(typ="safe").load(text)


@pytest.mark.parametrize(("kind", "path"), list(shipped()))
def test_every_shipped_document_is_valid_under_its_schema(kind: str, path: Path) -> None:
    """An editor that marks what is right would be switched off."""
    found = [f"{list(one.instance_path)}: {one.message}"
             for one in CHECKS[kind].iter_errors(read(path.read_text("utf-8")))]  # fmt: skip
    assert found == []


@pytest.mark.parametrize(("kind", "path"), list(shipped()))
def test_every_shipped_document_names_its_schema_for_editors(kind: str, path: Path) -> None:
    """Where `make schemas` puts it; another one would mark what is right."""
    first = path.read_text("utf-8").partition("\n")[0]
    head, _, named = first.partition("$schema=")
    assert head == "# yaml-language-server: "
    assert (path.parent / named).resolve() == ROOT / "chaos/schemas" / f"{kind}.json"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("latency", "latancy"),
        ("delay: 300ms", "dealy: 300ms"),
        ("delay: 300ms", "delay: 300"),
        (", delay: 300ms", ""),
        ("lending->risk", "lending->risq"),
        ("no_double_payout", "no_double_payuot"),
        ("measure: ok_ratio", "measure: ok_rate"),
        ("of: submit", "of: submmit"),
        ("consumer", "consumers"),
        ("recovery: 14s", "recovery: 14"),
        ("arrivals: 8/s", "arrivals: 8"),
        ("title: t\n", ""),
        ("recovery:", "recovry:"),
    ],
)
def test_what_a_schema_can_see_is_marked(old: str, new: str) -> None:
    """Words, keys and units of the target, in the editor already."""
    assert CHECKS["experiment"].is_valid(read(EXPERIMENT))
    assert old in EXPERIMENT
    assert not CHECKS["experiment"].is_valid(read(EXPERIMENT.replace(old, new)))


def test_a_design_is_held_to_its_own_words() -> None:
    """Kinds and choices as the service reads them."""
    good = read(WORDS.designs["hardened"].read_text("utf-8"))
    assert not CHECKS["design"].is_valid({**good, "submit": "later"})
    assert not CHECKS["design"].is_valid({**good, "tries": 3})
