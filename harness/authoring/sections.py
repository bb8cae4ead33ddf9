"""Every word that a document may use, by section: experiments, faults, links, measures, ..."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from harness.document import load_experiments
from harness.errors import ConfigError, Problem
from harness.experiment import Experiment
from harness.measures import MEASURES
from harness.registry import Vocabulary, design_files
from harness.runtime_registry import runtime_kinds
from harness.target import Call, Target, failure_counters
from harness.text import quoted
from harness.yaml_source import load_yaml, nearest, plain


@dataclass(frozen=True)
class Entry:
    """One word.

    Args:
        name: as a person types it.
        about: one line.
        data: what there is to know beside, plain JSON data.
        also: other names by which a person may know it.
    """

    name: str
    about: str
    data: Mapping[str, object] = field(default_factory=dict)
    also: tuple[str, ...] = ()

    def as_data(self) -> dict[str, object]:
        """Plain JSON data."""
        return {"name": self.name, "about": self.about, **self.data}


def sections(asked: str, words: Vocabulary) -> dict[str, list[Entry]]:
    """The entries of a section, or of all of them.

    Args:
        asked: its name; "" for all.

    Raises:
        ConfigError: there is no such section; names the nearest.
    """
    if asked and asked not in SECTIONS:
        cause = f"no section {quoted(asked)}" + nearest(asked, SECTIONS)
        raise ConfigError(Problem(cause, "harness list", ", ".join(SECTIONS)))
    names = [asked] if asked else list(SECTIONS)
    return {name: list(SECTIONS[name](words)) for name in names}


def _experiments(words: Vocabulary) -> Iterator[Entry]:
    for name, one in load_experiments(words).items():
        yield of_experiment(name, words.experiments[name], one)


def of_experiment(name: str, path: Path, one: Experiment) -> Entry:
    """The entry of an experiment."""
    faults = sorted({fault.kind for fault in one.faults()})
    data = {"file": str(path), "stem": name, "tags": list(one.tags), "faults": faults}
    return Entry(one.id, f"{one.title} ({name})", {**data, "load_s": one.load_s}, (name,))


def _designs(words: Vocabulary) -> Iterator[Entry]:
    shipped = design_files()
    for name, path in words.designs.items():
        document = plain(load_yaml(path))
        if shipped.get(name) != path or not words.target.design_problems(document):
            yield Entry(name, str(document.get("description", "")), {"file": str(path)})


def _faults(words: Vocabulary) -> Iterator[Entry]:
    kinds = runtime_kinds().values()
    for name, fault in words.faults.items():
        able = [kind.name for kind in kinds if fault.capability in kind.capabilities]
        data = {"needs": fault.capability.value, "runtimes": able}
        yield Entry(name, summary(fault), data)


def _links(words: Vocabulary) -> Iterator[Entry]:
    for one in words.target.links:
        data = {"caller": one.caller, "callee": one.callee, "protocol": one.protocol}
        enters = ", by which the load enters" if one.name == words.target.entry else ""
        yield Entry(one.name, f"{one.protocol}{enters}", data)


def _services(words: Vocabulary) -> Iterator[Entry]:
    for one in words.target.services:
        data = {"role": one.kind, "scripted": one.scripted, "needs": list(one.needs)}
        yield Entry(one.name, one.kind + (", scripted" if one.scripted else ""), data)


def _operations(words: Vocabulary) -> Iterator[Entry]:
    counters = failure_counters(words.target)
    for name in words.target.contract["operations"]:
        yield Entry(name, _asked(words.target, name), {"failures": counters[name]})


class _Named(dict[str, object]):
    """Arguments of an operation: of each its name, `{loan_id}`."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def _asked(target: Target, name: str) -> str:
    """Method and path, as far as they can be told without arguments; else ""."""
    with suppress(Exception):  # whatever somebody's target does with names in place of values
        request = target.request(Call(name, "{key}", _Named()))
        return f"{request.method} {unquote(request.path)}"
    return ""


def _measures(words: Vocabulary) -> Iterator[Entry]:
    for name, one in MEASURES.items():
        yield Entry(name, one.meaning, {"quantity": one.quantity.value})


def _invariants(words: Vocabulary) -> Iterator[Entry]:
    for name, one in words.invariants.items():
        about = ": ".join(filter(None, ("/".join(one.ids), one.claim)))
        yield Entry(name, about, {"ids": list(one.ids)}, tuple(one.ids))


def _journeys(words: Vocabulary) -> Iterator[Entry]:
    return (Entry(name, summary(one)) for name, one in words.journeys.items())


def _detectors(words: Vocabulary) -> Iterator[Entry]:
    return (Entry(name, summary(one)) for name, one in words.detectors.items())


def _runtimes(words: Vocabulary) -> Iterator[Entry]:
    for name, one in runtime_kinds().items():
        powers = sorted(power.value for power in one.capabilities)
        yield Entry(name, one.about, {"needs": one.needs, "capabilities": powers})


def summary(thing: object) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


SECTIONS: Mapping[str, Callable[[Vocabulary], Iterator[Entry]]] = {
    "experiments": _experiments,
    "designs": _designs,
    "faults": _faults,
    "links": _links,
    "services": _services,
    "operations": _operations,
    "measures": _measures,
    "invariants": _invariants,
    "journeys": _journeys,
    "detectors": _detectors,
    "runtimes": _runtimes,
}
"""Name of a section -> its entries; in the order in which they are printed."""
