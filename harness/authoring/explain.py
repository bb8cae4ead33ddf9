"""What a word means: of a fault its parameters, where it works, and an example to paste."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from harness.authoring.parameters import Parameter, example, parameters, sections_of
from harness.authoring.sections import SECTIONS, Entry, of_experiment
from harness.document import load_experiment
from harness.errors import ConfigError, Problem
from harness.experiment import id_of_file
from harness.measures import MEASURES
from harness.registry import Vocabulary
from harness.runtime_registry import runtime_kinds
from harness.text import quoted
from harness.units import EXAMPLES
from harness.yaml_source import nearest


@dataclass(frozen=True)
class Explanation:
    """One word of one section.

    Args:
        notes: title -> text: Effect, Blast radius, ...
        works: runtime -> "yes", or why not; {} for what works everywhere.
        example: to paste; "" where there is none.
    """

    section: str
    entry: Entry
    notes: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    works: Mapping[str, str] = field(default_factory=dict)
    example: str = ""

    def as_data(self) -> dict[str, object]:
        """Plain JSON data."""
        return {
            "section": self.section,
            **self.entry.as_data(),
            "notes": dict(self.notes),
            "parameters": [one.as_data() for one in self.parameters],
            "works": dict(self.works),
            "example": self.example,
        }


def explain(word: str, words: Vocabulary) -> list[Explanation]:
    """What there is under a name, or an invariant's id; a word may be in several sections.

    Raises:
        ConfigError: nothing; names the nearest.
    """
    found: list[Explanation] = []
    known: list[str] = []
    for section, entry in _entries(word, words):
        names = (entry.name, *entry.also)
        known += names
        if word.lower() in (name.lower() for name in names):
            found.append(_explained(section, entry, words))
    if not found:
        cause = f"nothing is called {quoted(word)}" + nearest(word, [*known, *words.experiments])
        raise ConfigError(Problem(cause, "harness explain", "a word of harness list"))
    return found


def _entries(word: str, words: Vocabulary) -> Iterator[tuple[str, Entry]]:
    """Every word with its section; of experiments the one that was asked for: each takes time."""
    for section, entries in SECTIONS.items():
        if section != "experiments":
            yield from ((section, entry) for entry in entries(words))
    for name, path in words.experiments.items():
        if word.lower() in (name, id_of_file(name).lower()):
            yield "experiments", of_experiment(name, path, load_experiment(path, words))


def _explained(section: str, entry: Entry, words: Vocabulary) -> Explanation:
    if section == "faults":
        return _fault(entry, words)
    if section == "measures":
        shown = EXAMPLES[MEASURES[entry.name].quantity]
        operation = next(iter(words.target.contract["operations"]))
        probe = (
            f"- {{name: my probe, measure: {entry.name}, of: {operation}, tolerance: '{shown}'}}"
        )
        return Explanation(section, entry, example=probe)
    if section == "invariants":
        notes = {"Ids": ", ".join(entry.also)} if entry.also else {}
        return Explanation(section, entry, notes, example=f"invariants: [{entry.name}]")
    notes = {name: _plain(value) for name, value in entry.data.items() if value not in ("", [])}
    return Explanation(section, entry, notes, example=_use(section, entry, words))


def _use(section: str, entry: Entry, words: Vocabulary) -> str:
    """How a document, or a command, uses it."""
    made: Mapping[str, str] = {
        "experiments": f"harness run {entry.name}",
        "designs": f"harness run X01 --design {entry.name}",
        "runtimes": f"harness run X01 --runtime {entry.name}",
        "journeys": f"load: {{arrivals: 8/s, journeys: {{{entry.name}: 1}}}}",
        "links": f"- {{at: 8s, for: 8s, fault: down, link: {entry.name}}}",
        "services": f"- {{at: 8s, for: 2s, fault: crash, service: {entry.name}}}",
        "operations": f"blast-radius: {{abort-when: '{entry.data.get('failures')} > 200'}}",
    }
    return made.get(section, "")


def _fault(entry: Entry, words: Vocabulary) -> Explanation:
    fault = words.faults[entry.name]
    notes = sections_of(fault)
    works = {
        kind.name: kind.lacks.get(fault.capability, "yes") for kind in runtime_kinds().values()
    }
    given, shown = tuple(parameters(fault)), example(entry.name, words)
    return Explanation("faults", entry, notes, given, works, shown)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def lines_of(found: Explanation) -> Iterator[str]:
    """For people."""
    yield f"{found.entry.name}  ({found.section.removesuffix('s')})"
    yield f"  {found.entry.about}"
    for title, text in found.notes.items():
        yield f"  {title}: {text}"
    if found.parameters:
        yield ""
        yield "parameters"
        width = max(len(one.name) for one in found.parameters)
        for one in found.parameters:
            state = "required" if one.required else f"default {one.default}"
            yield f"  {one.name:<{width}}  {one.allowed}  ({state})"
    if found.works:
        yield ""
        yield "works on"
        for name, why in found.works.items():
            yield f"  {name}" if why == "yes" else f"  not {name}: {why}"
    if found.example:
        yield ""
        yield "example"
        yield f"  {found.example}"
