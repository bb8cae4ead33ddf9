"""Planted defects: a good design with one defence removed or wrong, to show that harm is seen.

A defect is a file of its own, loaded by its path:

    DEFECT = Defect(name, about, expects, design={"idempotency": "ignore"})
    DEFECT = Defect(name, about, expects, swaps=(Swap(Money, "inquire", never),))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from harness import plugins
from harness.errors import ConfigError, Problem
from harness.target import Target

NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True)
class Swap:
    """A function of the service, and what takes its place.

    Args:
        owner: class or module that it is an attribute of.
        name: of the attribute.
    """

    owner: Any
    name: str
    new: Callable[..., object]

    @property
    def key(self) -> str:
        """Names the function, in every process."""
        home = f"{self.owner.__module__}." if isinstance(self.owner, type) else ""
        return f"{home}{self.owner.__name__}.{self.name}"


@dataclass(frozen=True)
class Defect:
    """One defect.

    Args:
        name: its file's name.
        about: one sentence: what is wrong.
        expects: names of invariants, any of which shows it.
        design: fields of the design that differ.
        swaps: functions that are replaced.
        plant: whatever else is patched, for as long as the context lasts.
        first: an experiment, or `explore`, that shows it: there a look begins, and with all of
            the load. Without it, where what is expected to break is what the experiment is about.
    """

    name: str
    about: str
    expects: tuple[str, ...]
    design: Mapping[str, object] = field(default_factory=lambda: NOTHING)
    swaps: tuple[Swap, ...] = ()
    plant: Callable[[], AbstractContextManager[object]] = nullcontext
    first: str = ""

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The service has the defect for as long as the context lasts; not its design."""
        with ExitStack() as stack:
            for swap in self.swaps:
                stack.enter_context(patch.object(swap.owner, swap.name, swap.new))
            stack.enter_context(self.plant())
            yield

    def strikes(self, called: Iterable[str]) -> bool:
        """Whether it can make a difference to a run of the good design.

        A run with a seed is always the same one, so that it goes on as it went until a replaced
        function is called.

        Args:
            called: keys of the functions that were called in that run.
        """
        whole = not self.design and self.plant is nullcontext
        return not whole or any(swap.key in called for swap in self.swaps)


@contextmanager
def watched(swaps: Iterable[Swap]) -> Iterator[set[str]]:
    """Fills a set with the keys of those functions that are called; they do what they always do."""
    called: set[str] = set()
    with ExitStack() as stack:
        for swap in {swap.key: swap for swap in swaps}.values():
            real = getattr(swap.owner, swap.name)
            noting = _noting(real, swap.key, called)
            stack.enter_context(patch.object(swap.owner, swap.name, noting))
        yield called


def _noting(real: Callable[..., object], key: str, called: set[str]) -> Callable[..., object]:
    def noting(*args: object, **kwargs: object) -> object:
        called.add(key)
        return real(*args, **kwargs)

    return noting


def defects_of(target: Target, ref: str) -> Path:
    """The folder of a target's planted defects: what it says, a package or beside its own file.

    Args:
        ref: dotted name, or path, of the target.

    Raises:
        ConfigError: it says none.
    """
    said = getattr(target, "defects", "")
    if not said:
        cause = f"target {target.name} names no planted defects"
        raise ConfigError(Problem(cause, ref, "a folder of files that define DEFECT", "--defects"))
    beside = plugins.file_of(ref).parent / said
    return beside if beside.is_dir() else plugins.file_of(said).parent


def load_defects(folder: Path) -> tuple[Defect, ...]:
    """The defects of a folder, by name.

    Raises:
        ConfigError: there is no such folder or nothing in it, or a file defines no DEFECT of its
            own name.
    """
    files = sorted(file for file in folder.glob("*.py") if not file.name.startswith("_"))
    if not files:
        allowed = "a folder of files that define DEFECT"
        raise ConfigError(Problem("there are no planted defects here", str(folder), allowed))
    return tuple(load_defect(file) for file in files)


def load_defect(file: Path) -> Defect:
    """The defect of one file.

    Raises:
        ConfigError: it cannot be loaded, or defines no DEFECT of its own name.
    """
    defect = plugins.constant(str(file), "DEFECT")
    if not isinstance(defect, Defect) or defect.name != file.stem:
        raise ConfigError(
            Problem(f"DEFECT is {defect!r}", str(file), f"a Defect with the name {file.stem!r}")
        )
    return defect
