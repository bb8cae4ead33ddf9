"""JSON Schema of the documents that people write, for their editors, in the words of a target.

A schema says which keys there are, which words, which units; what follows from several values
together (a window that overlaps another) only `harness validate` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from harness.experiment import Document, StepPart
from harness.json_types import JsonDict
from harness.measures import MEASURES
from harness.model import Phase
from harness.registry import Vocabulary
from harness.response.runbook import Runbook
from harness.suite.profile import Profile
from harness.target import system_of
from harness.target_file.document import TargetDocument

VARIABLE = {"type": "string", "pattern": r"\$\{"}
"""A place that `vars:` fill is of any kind until they do."""
LEAVES = frozenset({"string", "number", "integer", "boolean"})
FAULT_KEYS = {"link": "links", "service": "services"}


def _experiment(words: Vocabulary) -> JsonDict:
    made = _of(Document)
    parts, known = made["$defs"], _known(words)
    for part, key, names in (
        ("ProbePart", "measure", "measures"), ("ThresholdPart", "measure", "measures"),
        ("ProbePart", "of", "operations"), ("ThresholdPart", "of", "operations"),
        ("ThresholdPart", "during", "phases"),
    ):  # fmt: skip
        parts[part]["properties"][key] = {"enum": known[names]}
    parts["LoadPart"]["properties"]["journeys"] = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"enum": list(words.journeys)},
        "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 1000},
    }
    for key in ("links", "services"):
        parts["BlastRadiusPart"]["properties"][key]["items"] = {"enum": known[key]}
    properties = made["properties"]
    properties["invariants"]["items"] = {"enum": list(words.invariants)}
    for name, fault in words.faults.items():
        parts[f"fault-{name}"] = _fault(name, fault, known, parts)
    properties["method"]["items"] = {
        "type": "object",
        "required": ["at", "for", "fault"],
        "properties": {"fault": {"enum": [*words.faults, *words.deprecated]}},
        "allOf": [
            {
                "if": {"properties": {"fault": {"enum": _names(words, name)}}},
                "then": {"$ref": f"#/$defs/fault-{name}"},
            }
            for name in words.faults
        ],
    }
    parts.pop("StepPart", None)
    as_is = properties.pop("vars")
    return {**_with_variables(made), "properties": {**_with_variables(properties), "vars": as_is}}


def _fault(name: str, fault: Any, known: Mapping[str, Sequence[str]], parts: JsonDict) -> JsonDict:
    """A step of the method with this fault: its own keys and those of every step."""
    own, step = _of(fault), _of(StepPart)
    parts |= own.pop("$defs", {})
    keys = {key: part for key, part in step["properties"].items() if key != "fault"}
    for key, places in FAULT_KEYS.items():
        if key in own["properties"]:
            own["properties"][key] = {"enum": list(known[places])}
    required = [*own.get("required", ()), "at", "for", "fault"]
    properties = {**own["properties"], **keys, "fault": {"type": "string"}}
    return {**own, "title": name, "properties": properties, "required": required}


def _names(words: Vocabulary, name: str) -> list[str]:
    """A fault's name, and those that it had."""
    return [name, *(old for old, now in words.deprecated.items() if now == name)]


def _known(words: Vocabulary) -> dict[str, list[str]]:
    """Words of the target; a role stands for everybody who plays it."""
    target = words.target
    roles = list(system_of(target).roles)
    services = [service.name for service in target.services]
    pairs = [(link.caller, link.callee) for link in target.links]
    role_of = system_of(target).role_of
    ends = [
        f"{a}->{b}"
        for caller, callee in pairs
        for a in (caller, role_of.get(caller, caller))
        for b in (callee, role_of.get(callee, callee))
    ]
    links = [link.name for link in target.links]
    return {
        "measures": list(MEASURES),
        "operations": list(target.contract["operations"]),
        "phases": [phase.value for phase in Phase],
        "links": list(dict.fromkeys([*links, *ends])),
        "services": list(dict.fromkeys([*services, *roles])),
    }


def _target(words: Vocabulary) -> JsonDict:
    """A stand-in may also be written as the plain list of what it answers."""
    made = _of(TargetDocument)
    stand_in = made["$defs"]["Program"]["properties"]["stand-in"]
    stand_in["anyOf"].append({"type": "array", "items": {"$ref": "#/$defs/Match"}})
    return made


def _design(words: Vocabulary) -> JsonDict:
    """As the target tells; else any mapping."""
    told: Callable[[], JsonDict] | None = getattr(words.target, "design_schema", None)
    return {"type": "object"} if told is None else told()


def _of(model: type[BaseModel]) -> JsonDict:
    return model.model_json_schema(by_alias=True)


def _with_variables(node: Any) -> Any:
    """The same in which every value may also be a text with a variable."""
    if isinstance(node, list):
        return [_with_variables(one) for one in node]
    if not isinstance(node, dict):
        return node
    kinds = node.get("type")
    leaf = "enum" in node or {*(kinds if isinstance(kinds, list) else [kinds])} & LEAVES
    if leaf:
        return {"anyOf": [node, VARIABLE]}
    fixed = ("required", "propertyNames", "if", "default", "title", "description")
    return {key: value if key in fixed else _with_variables(value) for key, value in node.items()}


DOCUMENTS: Mapping[str, Callable[[Vocabulary], JsonDict]] = {
    "experiment": _experiment,
    "design": _design,
    "target": _target,
    "suite": lambda words: _of(Profile),
    "runbook": lambda words: _of(Runbook),
}
