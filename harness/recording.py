"""What the load of somebody's own locustfile records, known before it is started.

A file is read, never run: an operation counts as recorded when a text in it is its name, or a path
by which the target asks for it (`/v1/loans/{loan_id}/repayments` in whatever form the file has it).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from harness.asked import Operations
from harness.errors import ConfigError, Problem
from harness.experiment import Experiment
from harness.registry import Vocabulary
from harness.yaml_source import Place, load_yaml

ANY = "x"  # in place of what a text is filled in with


def recorded(locustfile: Path, operations: Operations) -> set[str]:
    """The operations that a file may do."""
    tree = ast.parse(locustfile.read_bytes(), str(locustfile))
    texts = {text for node in ast.walk(tree) if (text := _text(node))}
    by_path = {
        name
        for name, way in operations.ways.items()
        if any(way.path.fullmatch(text.partition("?")[0]) for text in texts)
    }
    return by_path | (texts & set(operations.names))


def refuse_unrecorded(
    experiment: Experiment, words: Vocabulary, path: Path, locustfile: Path
) -> None:
    """Refuse a document that speaks of operations which nobody would record.

    Args:
        path: of the document.

    Raises:
        ConfigError: names each probe, threshold and invariant.
    """
    operations = Operations(words.target)
    done = recorded(locustfile, operations)
    place = Place(path, load_yaml(path))
    problems = list(_problems(experiment, words, place, done))
    if problems:
        missing = sorted({one for one in operations.names if one not in done})
        how = "; ".join(f"{name}: {operations.shown(name)}" for name in missing)
        raise ConfigError([*problems, Problem("operations that it could do", str(locustfile), how)])


def _problems(
    experiment: Experiment, words: Vocabulary, place: Place, done: set[str]
) -> Iterator[Problem]:
    probes = enumerate(experiment.hypothesis.probes)
    measured = [(("steady-state-hypothesis", "probes", n, "of"), one.of) for n, one in probes]
    measured += [
        (("thresholds", n, "of"), one.of)  # type: ignore[misc]  # places differ in length
        for n, one in enumerate(experiment.thresholds)
    ]
    for loc, name in measured:
        if name not in done:
            yield Problem(f"no user of the locustfile does {name}", place.of(*loc))
    known = words.target.contract["operations"]
    for number, invariant in enumerate(experiment.invariants):
        needed = [f for f in getattr(words.invariants[invariant], "of", ()) if f in known]
        if needed and not done.intersection(needed):
            cause = f"{invariant} has nothing to look at: no user of the locustfile does "
            yield Problem(cause + " or ".join(needed), place.of("invariants", number))


def _text(node: ast.AST) -> str:
    """Of a text, or of one with parts that are filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or ANY for part in node.values)
    return ""
