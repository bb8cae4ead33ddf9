"""The runtime `docker`: one container a service, real Toxiproxy, real PostgreSQL.

    runtime ──> plan ──> recovery.json   all that another process needs to heal and end the run
       └──> engine ──> containers, network, volume, each with the run's label
    attach ──> the same controls, built in another process from recovery.json alone

Only what carries the run's label is ever touched.
"""

from __future__ import annotations

from harness.errors import RuntimeFailure
from harness.ports import Capability
from harness.runtime_kind import ImageStore, RuntimeKind
from harness.runtimes.real.kind import Attaching, Making, making, recovery

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


def _attach() -> Attaching:
    from harness.runtimes.docker import attach

    return attach


def _make() -> Making:
    from harness.runtimes.docker import make

    return make


RUNTIME = RuntimeKind(
    name="docker",
    about="one container a service, real Toxiproxy, real PostgreSQL",
    needs="a Docker engine and our images",
    deterministic=False,
    capabilities=CAPABILITIES,
    lacks=LACKS,
    make=making(_make),
    missing=_missing,
    preference=30,
    recovery=recovery(_attach, _make),
    images=_images,
)
