"""`harness list`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from rich.table import Table

from harness.cli.console import stdout
from harness.document import load_experiment
from harness.registry import Vocabulary, load_vocabulary
from harness.runtime_registry import runtime_kinds
from harness.yaml_source import load_yaml


def list_command(target: str = "") -> int:
    """Print what there is.

    Returns:
        0.
    """
    words = load_vocabulary(target)
    console = stdout()
    for title, rows in _sections(words):
        table = Table(
            title=title, title_justify="left", box=None, show_header=False, pad_edge=False
        )
        for _ in range(2):
            table.add_column(overflow="fold")
        for name, text in rows:
            table.add_row(name, text)
        console.print(table)
        console.print()
    return 0


def _sections(words: Vocabulary) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    found = [load_experiment(path, words) for path in words.experiments.values()]
    yield "experiments", [(one.id, f"{one.title} ({one.name})") for one in found]
    designs = [(name, load_yaml(path)) for name, path in words.designs.items()]
    yield "designs", [(name, str(document.get("description", ""))) for name, document in designs]
    yield "faults", [(kind, _summary(fault)) for kind, fault in words.faults.items()]
    yield (
        "invariants",
        [("/".join(one.ids), f"{name}: {one.claim}") for name, one in words.invariants.items()],
    )
    yield "journeys", [(name, _summary(one)) for name, one in words.journeys.items()]
    yield "runtimes", [(name, one.about) for name, one in runtime_kinds().items()]


def _summary(thing: object) -> str:
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
