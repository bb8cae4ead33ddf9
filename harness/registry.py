"""Finds what there is by walking chaos.* : one definition a module, a duplicate name is an error.

Loads by dotted name, so that the engine imports none of it. A module defines FAULT (a class),
INVARIANT, JOURNEY or TARGET;
experiments and designs are YAML files.
"""

from __future__ import annotations

import importlib
import importlib.resources
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.checker import Checker
from harness.errors import ConfigError, HarnessError
from harness.target import Target

PACKAGE = "chaos"
REFERENCE_TARGET = f"{PACKAGE}.targets.reference"


@dataclass(frozen=True)
class Vocabulary:
    """Every word that an experiment may use.

    Args:
        deprecated: former name of a fault -> its name now; accepted with a warning.
    """

    faults: Mapping[str, Any]
    invariants: Mapping[str, Checker]
    journeys: Mapping[str, Any]
    target: Target
    deprecated: Mapping[str, str] = field(default_factory=dict)


def load_vocabulary(target: str = REFERENCE_TARGET) -> Vocabulary:
    """Import every fault, invariant and journey of chaos, and the target with this dotted name."""
    return Vocabulary(
        faults=_named("faults", "FAULT", "kind"),
        invariants=_named("invariants", "INVARIANT", "name"),
        journeys=_named("journeys", "JOURNEY", "name"),
        target=load_target(target),
        deprecated=_deprecated(),
    )


def load_target(dotted: str) -> Target:
    """The TARGET of a module.

    Raises:
        ConfigError: no such module, or it defines no TARGET.
    """
    try:
        target: Target = importlib.import_module(dotted).TARGET
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"target {dotted}: {error}") from error
    return target


def experiment_files() -> dict[str, Path]:
    """The experiments that come with the harness, by name."""
    return _files("experiments")


def design_files() -> dict[str, Path]:
    """The designs that come with the harness, by name."""
    return _files("designs")


def _files(folder: str) -> dict[str, Path]:
    root = Path(str(importlib.resources.files(PACKAGE) / folder))
    return {path.stem: path for path in sorted(root.glob("*.yaml"))}


def _named(folder: str, constant: str, attribute: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for module in _modules(folder):
        thing = getattr(module, constant, None)
        if thing is None:
            raise HarnessError(f"{module.__name__}: defines no {constant}; every module there does")
        name = getattr(thing, attribute)
        if name in found:
            raise HarnessError(f"{module.__name__}: the name {name!r} is taken; names are unique")
        found[name] = thing
    return found


def _deprecated() -> dict[str, str]:
    """DEPRECATED_NAMES of fault modules: former name -> name."""
    return {
        former: module.FAULT.kind
        for module in _modules("faults")
        for former in getattr(module, "DEPRECATED_NAMES", ())
    }


def _modules(folder: str) -> Iterator[Any]:
    package = importlib.import_module(f"{PACKAGE}.{folder}")
    for info in pkgutil.iter_modules(package.__path__):
        if not info.name.startswith("_"):
            yield importlib.import_module(f"{package.__name__}.{info.name}")
