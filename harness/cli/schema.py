"""`harness list --schema`: JSON Schema of each document that is read or written, for editors and
for whoever reads results by a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from harness.cli.console import out_json
from harness.errors import ConfigError, Problem
from harness.experiment import Document
from harness.history import Event
from harness.oversight.register import Register
from harness.oversight.rules import Rules
from harness.suite.gate import Waivers
from harness.suite.profile import Profile
from harness.text import quoted
from harness.yaml_source import nearest

Rows = list[dict[str, Any]]


class Claim(msgspec.Struct, forbid_unknown_fields=True):
    """An invariant in verdict.json."""

    id: str
    name: str
    claim: str
    verdict: Literal["valid", "invalid", "unknown"]
    examined: int
    first_bad: dict[str, Any] | None
    details: dict[str, Any]
    why: str


class Verdict(msgspec.Struct, forbid_unknown_fields=True):
    """verdict.json, and what `--output json` prints of a run."""

    experiment: str
    title: str
    design: str
    runtime: str
    seed: int
    verdict: Literal["pass", "fail", "inconclusive", "error", "unsafe", "interrupted"]
    exit_code: int
    reasons: list[str]
    run_dir: str
    duration_s: float
    hypothesis: Rows
    invariants: list[Claim]
    thresholds: Rows
    faults: Rows
    load: dict[str, Any]
    figures: dict[str, Any]
    repeat: str


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "experiment": lambda: Document.model_json_schema(),
    "suite": lambda: Profile.model_json_schema(),
    "waivers": lambda: Waivers.model_json_schema(),
    "risks": lambda: Register.model_json_schema(),
    "incident-rules": lambda: Rules.model_json_schema(),
    "history": lambda: msgspec.json.schema(Event),
    "verdict": lambda: msgspec.json.schema(Verdict),
}
"""Of `history`, each line of history.jsonl."""


def schema_command(name: str) -> int:
    """Print one schema.

    Returns:
        0; an unknown name is raised.
    """
    if name not in SCHEMAS:
        cause = f"no schema {quoted(name)}" + nearest(name, SCHEMAS)
        raise ConfigError(Problem(cause, "--schema", ", ".join(SCHEMAS)))
    draft = "https://json-schema.org/draft/2020-12/schema"
    out_json({"$schema": draft, **SCHEMAS[name]()})
    return 0
