"""Dependencies of a target, and experiments that break each of them in each way."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.document import load_experiment
from harness.errors import ConfigError, UnsupportedFault
from harness.json_types import JsonDict, JsonObject
from harness.plugins import DEFAULT_TARGET, SHIPPED
from harness.registry import Vocabulary, explored
from harness.runtime_choice import refuse_unsupported
from harness.runtime_kind import RuntimeKind
from harness.target import entry_service, system_of
from harness.yaml_source import dump_yaml, load_yaml, plain

FILE = "conditions.yaml"
FIRST_S, LASTS_S = 5, 10  # chosen: a steady state before, time to recover after
RATE = "12/s"  # chosen: every operation is seen some dozen times while something is broken
ALL, ONE = "all", "one"


@dataclass(frozen=True)
class Form:
    """One way to bring a condition about.

    Args:
        roles: for which it is; empty for every one.
    """

    steps: tuple[JsonObject, ...]
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dependency:
    """A third party, or all that play its role.

    Args:
        state: `one` of several, or `all` of them.
        services: that are broken.
    """

    role: str
    state: str
    services: tuple[str, ...]

    @property
    def name(self) -> str:
        """`one payment_gateway`; the role alone where there is but one."""
        if len(self.services) == 1 and self.state == ALL:
            return self.role
        return f"{self.state} {self.role}"


@dataclass(frozen=True)
class Row:
    """One dependency under one condition.

    Args:
        path: of the experiment; None where none can be written.
        why: there is none.
    """

    dependency: Dependency
    condition: str
    path: Path | None
    why: str = ""


def dependencies(words: Vocabulary) -> list[Dependency]:
    """One and all of each role that the service under test calls."""
    links, entry = _links(words), entry_service(words.target)
    found = []
    for role, names in system_of(words.target).roles.items():
        called = tuple(name for name in names if name != entry and name in links)
        if len(called) > 1:
            found.append(Dependency(role, ONE, called[:1]))
        if called:
            found.append(Dependency(role, ALL, called))
    return found


def conditions() -> dict[str, list[Form]]:
    """Name -> its forms, as the file that comes along has them."""
    spec = importlib.util.find_spec(SHIPPED)
    places = spec.submodule_search_locations if spec else None
    raw = plain(load_yaml(Path(next(iter(places or ()))) / FILE))
    return {name: [Form(tuple(one["steps"]), tuple(one.get("roles", ()))) for one in forms]
            for name, forms in raw.items()}  # fmt: skip


def rows(words: Vocabulary, kind: RuntimeKind, names: Sequence[str], folder: Path) -> Iterator[Row]:
    """An experiment for each dependency under each condition, written into a folder.

    Args:
        names: of the conditions.
    """
    known, usual = conditions(), _usual(words)
    for dependency in dependencies(words):
        for name in names:
            file = folder / f"{dependency.name.replace(' ', '_')}_{name}.yaml"
            yield _row(words, kind, dependency, name, known[name], usual, file)


def _row(
    words: Vocabulary,
    kind: RuntimeKind,
    dependency: Dependency,
    condition: str,
    forms: Sequence[Form],
    usual: JsonObject,
    file: Path,
) -> Row:
    why = ""
    for form in (one for one in forms if not one.roles or dependency.role in one.roles):
        file.write_text(_document(words, dependency, condition, form, usual), "utf-8")
        try:
            refuse_unsupported(load_experiment(file, words).steps, kind)
        except (ConfigError, UnsupportedFault) as error:
            why = error.problems[0].cause
        else:
            return Row(dependency, condition, file)
    file.unlink()
    return Row(dependency, condition, None, why)


def _document(
    words: Vocabulary,
    dependency: Dependency,
    condition: str,
    form: Form,
    usual: JsonObject,
) -> str:
    """The text of an experiment."""
    links = _links(words)
    steps = [
        _step(one, service, links[service]) for service in dependency.services for one in form.steps
    ]
    touched = {key: sorted({step[key[:-1]] for step in steps if key[:-1] in step})
               for key in ("links", "services")}  # fmt: skip
    own = {"target": words.source.ref} if words.source.ref != DEFAULT_TARGET else {}
    return dump_yaml(
        {
            "title": f"{dependency.name} {condition}",
            **own,
            **usual,
            "method": steps,
            "recovery": f"{LASTS_S}s",
            "blast-radius": {key: names for key, names in touched.items() if names},
        }
    )


def _step(form: JsonObject, service: str, link: str) -> JsonDict:
    filled = {
        key: value.format(link=link, service=service) if isinstance(value, str) else value
        for key, value in form.items()
    }
    return {**filled, "at": f"{FIRST_S}s" if filled["at"] == "0s" else filled["at"]}


def _links(words: Vocabulary) -> dict[str, str]:
    """Service -> the link on which the service under test calls it."""
    entry = entry_service(words.target)
    return {link.callee: link.name for link in words.target.links if link.caller == entry}


def _usual(words: Vocabulary) -> JsonDict:
    """Load, steady state and invariants: those of the first experiment of the target."""
    for path in words.experiments.values():
        try:
            like = load_experiment(path, words).document
        except ConfigError:
            continue  # it comes along for another target
        keys = ("load", "steady-state-hypothesis", "invariants")
        taken: JsonDict = {key: like[key] for key in keys}
        load = taken["load"]
        journeys = load["journeys"]
        return {**taken, "load": {"arrivals": RATE, "journeys": journeys}}
    operation = words.target.contract["operations"][0]
    probe = {"name": "served", "measure": "ok_ratio", "of": operation, "tolerance": ">= 0.99"}
    own = getattr(words.target, "invariants", {})
    return {
        "load": {"arrivals": RATE, "journeys": {explored(words)[0]: 1}},
        "steady-state-hypothesis": {"title": "Users are served", "probes": [probe]},
        "invariants": list(own if isinstance(own, Mapping) and own else words.invariants),
    }
