"""Planted defects: a good design with one defence removed or wrong, to show that harm is seen.

A defect is a file of its own, loaded by its path:

    DEFECT = Defect(name, about, expects, design={"idempotency": "ignore"})
    DEFECT = Defect(name, about, expects, plant=lambda: patch.object(Money, "inquire", never))
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from harness.errors import ConfigError, Problem

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Defect:
    """One defect.

    Args:
        name: its file's name.
        about: one sentence: what is wrong.
        expects: names of invariants, any of which shows it.
        design: fields of the design that differ.
        plant: patches the service for as long as the context lasts.
    """

    name: str
    about: str
    expects: tuple[str, ...]
    design: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    plant: Callable[[], AbstractContextManager[object]] = nullcontext


def load_defects(folder: Path) -> tuple[Defect, ...]:
    """The defects of a folder, by name.

    Raises:
        ConfigError: there is no such folder or nothing in it, or a file defines no DEFECT of its
            own name.
    """
    files = sorted(file for file in folder.glob("*.py") if not file.name.startswith("_"))
    if not files:
        raise ConfigError(
            Problem(
                "there are no planted defects here; they come with the sources, not with an "
                "installed package",
                str(folder),
                "a folder of files that define DEFECT",
                "harness self-test --defects FOLDER",
            )
        )
    return tuple(load_defect(file) for file in files)


def load_defect(file: Path) -> Defect:
    """The defect of one file.

    Raises:
        ConfigError: it defines no DEFECT of its own name.
    """
    spec = importlib.util.spec_from_file_location(f"harness_defect_{file.stem}", file)
    assert spec is not None, file  # a .py file always has one
    assert spec.loader is not None, file
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    defect = getattr(module, "DEFECT", None)
    if not isinstance(defect, Defect) or defect.name != file.stem:
        raise ConfigError(
            Problem(f"DEFECT is {defect!r}", str(file), f"a Defect with the name {file.stem!r}")
        )
    return defect
