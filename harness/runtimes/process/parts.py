"""The parts of this machine that a run is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.runtimes.process.manager import ETCD, PATRONI
from harness.runtimes.process.plan import Parts
from harness.target import Target
from harness.toolchain import Missing, Part, find_etcd, find_patroni

FINDS: dict[str, Callable[[], Part | Missing]] = {PATRONI: find_patroni, ETCD: find_etcd}
"""How a part is found that only some targets ask for."""


def path_of(part: Part | Missing) -> Path:
    """Where a part is.

    Raises:
        RuntimeFailure: it is missing; says how to get it.
    """
    if isinstance(part, Missing):
        refused = "".join(f"\n  refused: {other}" for other in part.others)
        raise RuntimeFailure(f"{part.name} is missing: {part.remedy}{refused}")
    return part.path


def with_parts(parts: Parts, target: Target) -> Parts:
    """The same, with what a target asks for besides.

    Raises:
        RuntimeFailure: it is missing; says how to get it.
    """
    asked = {service.part for service in target.services if service.part}
    return replace(parts, **{name: path_of(FINDS[name]()) for name in sorted(asked)})


def lacking(target: Target) -> list[Missing]:
    """What a target asks for and this machine does not have."""
    asked = sorted({service.part for service in target.services if service.part})
    return [found for name in asked if isinstance(found := FINDS[name](), Missing)]
