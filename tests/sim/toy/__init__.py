"""Somebody's own runtime, as a package of theirs would hold it: the engine knows nothing of it.

It runs a target as a table: a request that gets through its links is answered. It takes the loop
of the simulation, so that nobody waits.
"""

from __future__ import annotations

from harness.ports import Capability, Runtime
from harness.runtime_kind import RunContext, RuntimeKind
from harness.runtime_registry import load_runtime


def _make(context: RunContext) -> Runtime:
    from tests.sim.toy.runtime import ToyRuntime

    return ToyRuntime()


RUNTIME = RuntimeKind(
    name="toy",
    about="a table of links",
    needs="Python",
    deterministic=True,
    capabilities=frozenset({Capability.LINKS}),
    lacks={one: "it is a toy" for one in Capability if one is not Capability.LINKS},
    make=_make,
    run=load_runtime("sim").run,
)
