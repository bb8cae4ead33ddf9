"""The runtime `docker`: one container a service, real Toxiproxy, real PostgreSQL.

    runtime ──> plan ──> recovery.json   all that another process needs to heal and end the run
       └──> engine ──> containers, network, volume, each with the run's label
    attach ──> the same controls, built in another process from recovery.json alone

Only what carries the run's label is ever touched.
"""

from __future__ import annotations

from pathlib import Path

from harness.errors import RuntimeFailure
from harness.ports import Capability, Runtime
from harness.runtime_kind import (
    Attached,
    Found,
    ImageStore,
    Recovery,
    RunContext,
    RuntimeKind,
    StandingRuntime,
    State,
)

CAPABILITIES = frozenset(
    {
        Capability.LINKS,
        Capability.PROCESSES,
        Capability.LIFECYCLE,
        Capability.UPSTREAMS,
        Capability.CPU,
        Capability.MEMORY,
        Capability.DISK,
        Capability.NETWORK,
    }
)
LACKS = {Capability.REPLICATION: "it runs one PostgreSQL, without a standby"}


def _make(context: RunContext) -> Runtime:
    from harness.runtimes.docker.make import make

    return make(context)


def _stand(context: RunContext) -> StandingRuntime:
    from harness.runtimes.docker.make import make

    return make(context, look=True)


def _missing() -> list[str]:
    try:
        store = _images()
    except RuntimeFailure:
        return ["a Docker engine"]
    try:
        return [name for name, mib in store.table() if mib is None]
    finally:
        store.close()


def _images() -> ImageStore:
    from harness.runtimes.docker.store import Store

    return Store()


def _load(run_dir: Path, run_id: str) -> State:
    from harness.runtimes.docker.attach import recover

    return recover(run_dir, run_id)


def _found() -> list[Found]:
    from harness.runtimes.docker.attach import found

    return found()


def _end_found(run_id: str) -> list[str]:
    from harness.runtimes.docker.attach import end_found

    return end_found(run_id)


async def _attach(state: State) -> Attached:
    from harness.runtimes.docker.attach import attach

    return await attach(state)


def _alive(state: State) -> list[str]:
    from harness.runtimes.docker.attach import alive

    return alive(state)


def _end(state: State) -> list[str]:
    from harness.runtimes.docker.attach import end_processes

    return end_processes(state)


RUNTIME = RuntimeKind(
    name="docker",
    about="one container a service, real Toxiproxy, real PostgreSQL",
    needs="a Docker engine and our images",
    deterministic=False,
    capabilities=CAPABILITIES,
    lacks=LACKS,
    make=_make,
    missing=_missing,
    preference=30,
    recovery=Recovery(
        load=_load,
        attach=_attach,
        alive=_alive,
        end=_end,
        found=_found,
        end_found=_end_found,
        stand=_stand,
    ),
    images=_images,
)
