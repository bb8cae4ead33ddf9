"""`harness validate`: an experiment, a design, a target, a runbook, a risk register or incident
rules."""

from __future__ import annotations

import asyncio
from pathlib import Path

from harness.cli.console import note, out, out_json, warn
from harness.cli.risks import read_register
from harness.document import load_experiment
from harness.errors import ConfigError, RuntimeFailure
from harness.finding import find_words
from harness.overrides import AS_WRITTEN, Overrides
from harness.oversight.rules import load_rules
from harness.plugins import is_document, is_file
from harness.prepare import load_design
from harness.registry import load_vocabulary
from harness.response.runbook import load_runbook
from harness.target import Target
from harness.yaml_source import Place, load_yaml

OF_A_TARGET = {"programs", "operations"}
OF_AN_EXPERIMENT = {"title", "load", "method", "steady-state-hypothesis", "recovery", "invariants"}
EXPERIMENT, DESIGN, TARGET = "experiment", "design", "target"
REGISTER, RULES, RUNBOOK = "risks", "rules", "starts"  # each by its own key
WORDS = {RUNBOOK: "runbook"}


def validate_command(
    given: str,
    design: str,
    target: str = "",
    overrides: Overrides = AS_WRITTEN,
    output: str = "text",
) -> int:
    """Check a document; of an experiment, the design with it.

    Args:
        given: an id, a name or a path; what kind it is, its keys say.
        target: in whose words it is written; "" for the one that it names.

    Returns:
        0; problems are raised.
    """
    kind = _kind(given)
    if kind is TARGET:
        found = _target(given)
    elif kind is REGISTER:
        found = _register(given, target)
    elif kind is RULES:
        found = _rules(given)
    elif kind is RUNBOOK:
        found = _runbook(given, target)
    elif kind is DESIGN:
        found = _design(given, target)
    else:
        found = _experiment(given, design, target, overrides)
    if output == "json":
        out_json({"kind": WORDS.get(kind, kind), "valid": True, **found})
    else:
        out(f"{found['file']}: valid: {found['about']}")
    return 0


def _kind(given: str) -> str:
    """By its keys; what is no file is an experiment, unless a design has that name."""
    path = Path(given)
    if not (is_file(given) and path.is_file()):
        return DESIGN if given in load_vocabulary().designs else EXPERIMENT
    keys = set(load_yaml(path)) if is_document(given) else OF_A_TARGET
    if own := [kind for kind in (REGISTER, RULES, RUNBOOK) if kind in keys]:
        return own[0]
    if keys & OF_AN_EXPERIMENT or not keys:
        return EXPERIMENT
    return TARGET if keys & OF_A_TARGET else DESIGN


def _experiment(given: str, design: str, target: str, overrides: Overrides) -> dict[str, object]:
    words, path = find_words(given, target)
    found = load_experiment(path, words, overrides)
    load_design(design, words)
    _composed(words.target)
    warn(found)
    faults = [f"{fault.kind} at {fault.where}" for fault in found.faults()]
    about = f"{found.id} {found.title}; {', '.join(faults)}; {found.load_s:g} s of load"
    return {"file": str(path), "about": about, "id": found.id, "title": found.title,
            "faults": faults, "load_s": found.load_s, "warnings": list(found.warnings)}  # fmt: skip


def _design(given: str, target: str) -> dict[str, object]:
    words = load_vocabulary(target)
    load_design(given, words)
    path, on = words.designs.get(given, Path(given)), words.target.name
    return {"file": str(path), "about": f"a design of {on}", "target": on}


def _register(given: str, target: str) -> dict[str, object]:
    register = read_register(Path(given), load_vocabulary(target))
    return {"file": given, "about": f"{len(register.risks)} risks", "title": register.title}


def _rules(given: str) -> dict[str, object]:
    rules = load_rules(Path(given))
    classes = ", ".join(f"{one.id} ({one.class_})" for one in rules.rules)
    return {"file": given, "about": f"rules {classes}", "title": rules.title}


def _runbook(given: str, target: str) -> dict[str, object]:
    runbook = load_runbook(Path(given), load_vocabulary(target).target)
    steps = [step.name for step in runbook.steps]
    return {"file": given, "about": f"a runbook of {len(steps)} steps: {', '.join(steps)}",
            "title": runbook.title, "steps": steps}  # fmt: skip


def _composed(target: Target) -> None:
    """What compose says of the files of a target that has some."""
    if not (wanted := getattr(target, "composed", {})):
        return
    from harness.runtimes.docker.compose import by_keys, check

    def place(file: Path, *keys: str) -> str:
        """Line and column in the file; its keys where it is more than we read."""
        try:
            return Place(file, load_yaml(file)).of_key(*keys)
        except ConfigError:
            return by_keys(file, *keys)

    try:
        asyncio.run(check(wanted, place))
    except RuntimeFailure as error:
        note(f"harness: warning: nobody read the compose file: {error}")


def _target(given: str) -> dict[str, object]:
    target = load_vocabulary(given).target
    _composed(target)
    operations = list(target.contract["operations"])
    programs = [one.name for one in target.services]
    links = [one.name for one in target.links]
    about = (
        f"target {target.name}: {len(programs)} programs, {len(links)} links, "
        f"operations {', '.join(operations)}"
    )
    return {"file": given, "about": about, "name": target.name, "services": programs,
            "links": links, "operations": operations}  # fmt: skip
