"""`harness schema`: JSON Schema of each document that is read or written, for editors and
for whoever reads results by a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from harness.authoring.schema import DOCUMENTS
from harness.cli.console import out_json
from harness.errors import ConfigError, Problem
from harness.history import Event
from harness.json_types import JsonDict
from harness.oversight.register import Register
from harness.oversight.rules import Rules
from harness.registry import Vocabulary, load_vocabulary
from harness.suite.gate import Waivers
from harness.text import quoted
from harness.yaml_source import nearest

Rows = list[JsonDict]
DRAFT = "https://json-schema.org/draft/2020-12/schema"


class Claim(msgspec.Struct, forbid_unknown_fields=True):
    """An invariant in verdict.json."""

    id: str
    name: str
    claim: str
    verdict: Literal["valid", "invalid", "unknown"]
    examined: int
    first_bad: JsonDict | None
    details: JsonDict
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
    load: JsonDict
    figures: JsonDict
    repeat: str


SCHEMAS: Mapping[str, Callable[[Vocabulary], JsonDict]] = {
    **DOCUMENTS,
    "waivers": lambda words: Waivers.model_json_schema(by_alias=True),
    "risks": lambda words: Register.model_json_schema(by_alias=True),
    "incident-rules": lambda words: Rules.model_json_schema(by_alias=True),
    "history": lambda words: msgspec.json.schema(Event),
    "verdict": lambda words: msgspec.json.schema(Verdict),
}
"""Of `history`, each line of history.jsonl."""


def schema_command(name: str, target: str = "") -> int:
    """Print one schema, in the words of a target.

    Returns:
        0; an unknown name is raised.
    """
    if name not in SCHEMAS:
        cause = f"no schema {quoted(name)}" + nearest(name, SCHEMAS)
        raise ConfigError(Problem(cause, "NAME", ", ".join(SCHEMAS), "harness schema experiment"))
    out_json({"$schema": DRAFT, **SCHEMAS[name](load_vocabulary(target))})
    return 0
