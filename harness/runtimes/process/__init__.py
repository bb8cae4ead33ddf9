"""The runtime `process`: one OS process a service, real Toxiproxy, real PostgreSQL.

    runtime ──> plan ──> recovery.json   all that another process needs to heal and end the run
       │                      ↑
       └──> launch ───────────┘──> procs   what the kernel says of the run's processes
    attach ──> the same controls, built in another process from recovery.json alone

Linux only: processes are told apart by /proc.
"""

from __future__ import annotations

from harness.ports import Capability
from harness.runtime_kind import RuntimeKind
from harness.runtimes.real.kind import LOAD, Attaching, Making, lacking, making, recovery
from harness.target import Target
from harness.toolchain import Missing, find_postgres, find_toxiproxy

CAPABILITIES = frozenset(
    {
        Capability.LINKS,
        Capability.PEOPLE,
        Capability.PROCESSES,
        Capability.LIFECYCLE,
        Capability.CPU,
        Capability.UPSTREAMS,
        Capability.REPLICATION,
    }
)
LACKS = {
    Capability.MEMORY: "a limit on a living process needs rights over control groups",
    Capability.DISK: "the database's folder is on the machine's own disk",
    Capability.NETWORK: "all programs share the machine's loopback",
}


def _missing() -> list[str]:
    parts = (find_toxiproxy(), find_postgres())
    return [*(part.name for part in parts if isinstance(part, Missing)), *lacking(LOAD)]


def _missing_for(target: Target) -> list[str]:
    from harness.runtimes.process.parts import lacking as parts_lacking

    return [
        f"target {target.name}: {part.name} is missing; {part.remedy}"
        for part in (parts_lacking(target) if any(one.part for one in target.services) else ())
    ]


def _attach() -> Attaching:
    from harness.runtimes.process import attach

    return attach


def _make() -> Making:
    from harness.runtimes.process import make

    return make


RUNTIME = RuntimeKind(
    name="process",
    about="one process of this machine a service, real Toxiproxy, real PostgreSQL",
    needs="Toxiproxy and PostgreSQL",
    deterministic=False,
    capabilities=CAPABILITIES,
    lacks=LACKS,
    make=making(_make),
    missing=_missing,
    missing_for=_missing_for,
    preference=10,
    recovery=recovery(_attach, _make),
)
