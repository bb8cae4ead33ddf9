"""The runtime `sim`: services in process, links as a model, time that jumps.

    loop ── clock          virtual time, an order drawn from the seed
    host ── asgi           a service: called as ASGI, killed, stopped
    wire ── toxicity       a link: every toxic, message by message
    machine                what it asks Python for: ids, dice, the time
    network ── handing     addresses; what a service is handed
    talk ── controls       what the harness asks, and its powers
    replication            power over a database with a standby
    load, runtime          a run; the same experiments as on real parts
    scenario ── modes      one journey and a few faults, thousands a second

It has no recovery: what runs here ends with this process, and nobody else can or must heal it.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import TypeVar

from harness.ports import Capability, Runtime
from harness.runtime_kind import RunContext, RuntimeKind
from harness.scenario import Stage

T = TypeVar("T")

CAPABILITIES = frozenset(
    {
        Capability.LINKS,
        Capability.PEOPLE,
        Capability.PROCESSES,
        Capability.LIFECYCLE,
        Capability.UPSTREAMS,
        Capability.REPLICATION,
    }
)
LACKS = {
    Capability.CPU: "in virtual time work takes no time",
    Capability.MEMORY: "all programs share the memory of one process",
    Capability.DISK: "what is stored is in memory",
    Capability.NETWORK: "links are a model; there is no network behind them",
}


def _make(context: RunContext) -> Runtime:
    from harness.runtimes.sim.runtime import SimRuntime

    return SimRuntime(context.seed, context.token)


def _run(work: Coroutine[object, object, T], seed: int) -> T:
    from harness.runtimes.sim.loop import run
    from harness.runtimes.sim.machine import simulated_machine

    with simulated_machine(seed):
        return run(work, seed)


def _stage(design: Mapping[str, object], target: str, journeys: Mapping[str, str]) -> Stage:
    from harness.runtimes.sim import scenario

    return scenario.Stage(design, target, refs=journeys)


RUNTIME = RuntimeKind(
    name="sim",
    about="one process, virtual time, exact from a seed",
    needs="Python",
    deterministic=True,
    models_standbys=True,
    capabilities=CAPABILITIES,
    lacks=LACKS,
    make=_make,
    run=_run,
    preference=20,
    stage=_stage,
)
