"""Finds runtimes by name: packages of `harness.runtimes`, and entry points. Nobody else does."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection
from importlib.metadata import EntryPoint, entry_points

from harness.errors import ConfigError, Problem
from harness.ports import Capability
from harness.runtime_kind import RuntimeKind
from harness.yaml_source import nearest

PACKAGE = "harness.runtimes"  # by name: the engine imports no runtime
CONSTANT = "RUNTIME"
GROUP = "chaos_harness.runtimes"


def load_runtime(name: str, where: str = "--runtime") -> RuntimeKind:
    """The runtime with this name; one that comes with the harness goes before others.

    Args:
        where: who names it, for the error.

    Raises:
        ConfigError: there is none, or what an entry point names is none.
    """
    if (shipped := _shipped(name)) is not None:
        return shipped
    plugins = [point for point in entry_points(group=GROUP) if point.name == name]
    if len(plugins) > 1:
        named = ", ".join(point.value for point in plugins)
        raise ConfigError(Problem(f"{name!r} is the name of two runtimes: {named}", where))
    if plugins:
        return _load(plugins[0])
    known = list(runtime_kinds())
    raise ConfigError(
        Problem(f"no runtime {name!r}" + nearest(name, known), where, ", ".join(known))
    )


def runtime_kinds() -> dict[str, RuntimeKind]:
    """Every runtime by name, the preferred one first.

    An entry point that names no runtime is left out: it must not spoil the runs of others. Who
    asks for it by name learns what is wrong with it.
    """
    found = {one.name: one for name in _folders() if (one := _shipped(name)) is not None}
    for point in entry_points(group=GROUP):
        try:
            found.setdefault(point.name, _load(point))
        except ConfigError:
            continue
    return dict(sorted(found.items(), key=lambda item: (item[1].preference, item[0])))


def best_runtime(
    needed: Collection[Capability] = (), only: Collection[str] = ()
) -> tuple[RuntimeKind, str]:
    """The preferred one among those that this machine can run.

    Args:
        needed: what it must be able to do.
        only: the names of those that may be taken; empty for any.

    Returns:
        it, and why.

    Raises:
        ConfigError: none can run here, or none that can is able to.
    """
    passed: list[str] = []
    for kind in runtime_kinds().values():
        if only and kind.name not in only:
            continue
        if lacking := sorted(set(needed) - kind.capabilities):
            passed.append(f"{kind.name} has no power over {' and '.join(lacking)}")
        elif missing := kind.missing():
            how = "harness doctor says how to get what lacks"
            passed.append(f"{kind.name} lacks {' and '.join(missing)}; {how}")
        else:
            here = f"{kind.needs} {'are' if ' and ' in kind.needs else 'is'} here"
            return kind, "; ".join(passed) or here
    cause = "can do what the document asks" if needed else "can run"
    raise ConfigError(Problem(f"no runtime {cause} on this machine: " + "; ".join(passed)))


def _folders() -> list[str]:
    package = importlib.import_module(PACKAGE)
    return [info.name for info in pkgutil.iter_modules(package.__path__) if info.ispkg]


def _shipped(name: str) -> RuntimeKind | None:
    """A package of ours; None for a name that is none, and for what runtimes share."""
    if name not in _folders():
        return None
    kind = getattr(importlib.import_module(f"{PACKAGE}.{name}"), CONSTANT, None)
    return kind if isinstance(kind, RuntimeKind) else None


def _load(point: EntryPoint) -> RuntimeKind:
    where = f"entry point {point.name} of {GROUP}"
    try:
        kind = point.load()
    except Exception as error:  # whatever somebody else's package does when it is imported
        raise ConfigError(Problem(f"{point.value} cannot be loaded: {error!r}", where)) from error
    if not isinstance(kind, RuntimeKind):
        raise ConfigError(Problem(f"{point.value} is {kind!r}", where, "a RuntimeKind"))
    if kind.name != point.name:
        raise ConfigError(Problem(f"{point.value} is called {kind.name!r}", where, point.name))
    return kind
