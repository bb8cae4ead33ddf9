"""The runtime `docker`: one container a service, real Toxiproxy, real PostgreSQL.

    runtime ──> plan ──> recovery.json   all that another process needs to heal and end the run
       └──> engine ──> containers, network, volume, each with the run's label
    attach ──> the same controls, built in another process from recovery.json alone

Only what carries the run's label is ever touched.
"""

from __future__ import annotations

from dataclasses import replace

from harness.errors import RuntimeFailure
from harness.ports import Capability
from harness.runtime_kind import Found, ImageStore, RuntimeKind
from harness.runtimes.real.kind import (
    ENGINE,
    LOAD,
    Attaching,
    Making,
    demand,
    lacking,
    making,
    recovery,
)

CAPABILITIES = frozenset(
    {
        Capability.LINKS,
        Capability.PEOPLE,
        Capability.PROCESSES,
        Capability.LIFECYCLE,
        Capability.UPSTREAMS,
        Capability.CPU,
        Capability.MEMORY,
        Capability.DISK,
        Capability.NETWORK,
        Capability.REPLICATION,
    }
)


def _missing() -> list[str]:
    if missing := lacking(ENGINE, LOAD):
        return missing
    try:
        store = _images()
    except RuntimeFailure:
        return ["a Docker engine"]
    try:
        return [name for name, mib in store.table() if mib is None]
    finally:
        store.close()


def _images() -> ImageStore:
    demand(ENGINE)
    from harness.runtimes.docker.store import Store

    return Store()


def _attach() -> Attaching:
    demand(ENGINE)
    from harness.runtimes.docker import attach

    return attach


def _make() -> Making:
    demand(ENGINE)
    from harness.runtimes.docker import make

    return make


def _found() -> list[Found]:
    """What was never installed has left nothing."""
    return [] if lacking(ENGINE) else _attach().found()


def _end_found(run_id: str) -> list[str]:
    return [] if lacking(ENGINE) else _attach().end_found(run_id)


RUNTIME = RuntimeKind(
    name="docker",
    about="one container a service, real Toxiproxy, real PostgreSQL",
    needs="a Docker engine and our images",
    deterministic=False,
    capabilities=CAPABILITIES,
    lacks={},
    make=making(_make),
    missing=_missing,
    preference=30,
    recovery=replace(recovery(_attach, _make), found=_found, end_found=_end_found),
    images=_images,
)
