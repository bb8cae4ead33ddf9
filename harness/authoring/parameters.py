"""What a fault takes, what it does, and an example to paste: all of it from its class."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import pairwise

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from harness.blast import OF_DATABASES
from harness.document import load_experiment
from harness.errors import ConfigError
from harness.ports import Capability
from harness.registry import Vocabulary
from harness.target import Target, entry_service, places
from harness.yaml_limits import read_text
from harness.yaml_source import one_line

SECTION = re.compile(r"^(Effect|Blast radius|Needs|Args|Heals by|Source): *(.*)$")
ENTRY = re.compile(r"^    (\w[\w, ]*): (.*)$")
PLACES = ("link", "service")
STEP = {"at": "8s", "for": "8s"}
PERSON = "first"  # whom a runbook may page


@dataclass(frozen=True)
class Parameter:
    """One key that a fault takes beside at, for, repeat and every.

    Args:
        allowed: unit and range.
        default: as it is printed; "" for one that has to be given.
    """

    name: str
    allowed: str
    default: str
    required: bool

    def as_data(self) -> dict[str, object]:
        """Plain JSON data."""
        return asdict(self)


def sections_of(thing: object) -> dict[str, str]:
    """The sections of a docstring, each under its name; not Args."""
    _, *rest = (inspect.getdoc(thing) or "").split("\n\n")
    found: dict[str, str] = {}
    name = ""
    for line in "\n\n".join(rest).splitlines():
        if begun := SECTION.match(line):
            name = begun[1]
            found[name] = begun[2]
        elif name:
            found[name] += f" {line.strip()}"
    return {key: " ".join(value.split()) for key, value in found.items() if key != "Args"}


def parameters(fault: type[BaseModel]) -> list[Parameter]:
    """Its places first, then what it needs, then what it may be given."""
    said = _said(fault)
    fields = fault.model_fields
    ordered = sorted(fields, key=lambda name: (name not in PLACES, not fields[name].is_required()))
    schema: Mapping[str, Mapping[str, object]] = fault.model_json_schema()["properties"]
    return [_parameter(name, fields[name], said.get(name, ""), schema[name]) for name in ordered]


def _parameter(name: str, field: FieldInfo, said: str, schema: Mapping[str, object]) -> Parameter:
    values = schema.get("enum")
    choice = f"{' | '.join(map(str, values))}" if isinstance(values, list) else ""
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = f"{low} .. {'' if high is None else high}".strip() if low is not None else ""
    unit = str(schema.get("description", ""))
    allowed = said or choice or unit or bounds or str(schema.get("type", ""))
    default = "" if field.is_required() else one_line(field.default)
    return Parameter(name, allowed, default, field.is_required())


def _said(fault: type) -> dict[str, str]:
    """What docstrings say of each parameter; those of a class go before those of its bases."""
    found: dict[str, str] = {}
    for base in reversed(fault.__mro__):
        for names, text in _entries(inspect.cleandoc(vars(base).get("__doc__") or "")):
            if not text.startswith("see "):
                found.update(dict.fromkeys(names, text))
    return found


def _entries(doc: str) -> Iterator[tuple[list[str], str]]:
    """Entries of `Args:`: names, and what is said of them."""
    lines = doc.splitlines()
    starts = [at for at, line in enumerate(lines) if SECTION.match(line)]
    for begin, end in pairwise([*starts, len(lines)]):
        if not lines[begin].startswith("Args:"):
            continue
        names: list[str] = []
        text: list[str] = []
        for line in lines[begin + 1 : end]:
            if found := ENTRY.match(line):
                yield names, " ".join(text)
                names, text = found[1].replace(" ", "").split(","), [found[2]]
            else:
                text.append(line.strip())
        yield names, " ".join(text)


def example(kind: str, words: Vocabulary) -> str:
    """A step with this fault, to paste below `method:`; as an experiment has it, where one does."""
    for step in _steps_with(kind, words):
        return f"- {one_line(step)}"
    fault: type[BaseModel] = words.faults[kind]
    given = {**STEP, "fault": kind, **_place(fault, words.target)}
    for name, field in fault.model_fields.items():
        if (field.is_required() or field.examples) and name not in given:
            given[name] = _value(fault, name)
    return f"- {one_line(given)}"


def _steps_with(kind: str, words: Vocabulary) -> Iterator[Mapping[str, object]]:
    """Steps of experiments on this target; what cannot hold one is not even read as YAML."""
    for path in words.experiments.values():
        if f"fault: {kind}" not in read_text(path):
            continue
        with suppress(ConfigError):  # it is about another target
            method = load_experiment(path, words).document["method"]
            assert isinstance(method, list)
            yield from (step for step in method if step.get("fault") == kind)


def _value(fault: type[BaseModel], name: str) -> object:
    """Its own example, else the first of a choice, else its least value."""
    schema = fault.model_json_schema()["properties"][name]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    return schema.get("minimum", "...")


def _place(fault: type[BaseModel], target: Target) -> dict[str, object]:
    """A link, a service or a person on which it makes sense."""
    if "person" in fault.model_fields:
        return {"person": PERSON}
    if "link" in fault.model_fields:
        front = entry_service(target)
        own = [one.name for one in target.links if one.caller == front and one.protocol == "http"]
        return {"link": (own or [target.entry])[0]}
    return {"service": _service(fault, target)}


def _service(fault: type[BaseModel], target: Target) -> str:
    role, power = getattr(fault, "role", ""), getattr(fault, "capability", None)
    named: Sequence[str] = places(target, role) if role else ()  # the first one is the usual one
    if named:
        return named[0]
    if power is Capability.UPSTREAMS:
        named = [one.name for one in target.services if one.scripted]
    elif power in OF_DATABASES:
        named = [one.callee for one in target.links if one.protocol == "postgres"]
    return named[0] if named else entry_service(target)
