"""The runtime `process`: one OS process a service, real Toxiproxy, real PostgreSQL.

    runtime ──> plan ──> recovery.json   all that another process needs to heal and end the run
       │                      ↑
       └──> launch ───────────┘──> procs   what the kernel says of the run's processes
    attach ──> the same controls, built in another process from recovery.json alone

Linux only: processes are told apart by /proc.
"""

from __future__ import annotations

from pathlib import Path

from harness.ports import Capability, Runtime
from harness.runtime_kind import (
    Attached,
    Found,
    Recovery,
    RunContext,
    RuntimeKind,
    StandingRuntime,
    State,
)
from harness.toolchain import Missing, find_postgres, find_toxiproxy

CAPABILITIES = frozenset(
    {
        Capability.LINKS,
        Capability.PROCESSES,
        Capability.LIFECYCLE,
        Capability.CPU,
        Capability.UPSTREAMS,
    }
)
LACKS = {
    Capability.MEMORY: "a limit on a living process needs rights over control groups",
    Capability.DISK: "the database's folder is on the machine's own disk",
    Capability.NETWORK: "all programs share the machine's loopback",
    Capability.REPLICATION: "it runs one PostgreSQL, without a standby",
}


def _make(context: RunContext) -> Runtime:
    from harness.runtimes.process.make import make

    return make(context)


def _stand(context: RunContext) -> StandingRuntime:
    from harness.runtimes.process.make import make

    return make(context, look=True)


def _missing() -> list[str]:
    parts = (find_toxiproxy(), find_postgres())
    return [part.name for part in parts if isinstance(part, Missing)]


def _load(run_dir: Path, run_id: str) -> State:
    from harness.runtimes.process.attach import recover

    return recover(run_dir, run_id)


def _found() -> list[Found]:
    from harness.runtimes.process.attach import found

    return found()


def _end_found(run_id: str) -> list[str]:
    from harness.runtimes.process.attach import end_found

    return end_found(run_id)


async def _attach(state: State) -> Attached:
    from harness.runtimes.process.attach import attach

    return await attach(state)


def _alive(state: State) -> list[str]:
    from harness.runtimes.process.attach import alive

    return alive(state)


def _end(state: State) -> list[str]:
    from harness.runtimes.process.attach import end_processes

    return end_processes(state)


RUNTIME = RuntimeKind(
    name="process",
    about="one process of this machine a service, real Toxiproxy, real PostgreSQL",
    needs="Toxiproxy and PostgreSQL",
    deterministic=False,
    capabilities=CAPABILITIES,
    lacks=LACKS,
    make=_make,
    missing=_missing,
    preference=10,
    recovery=Recovery(
        load=_load,
        attach=_attach,
        alive=_alive,
        end=_end,
        found=_found,
        end_found=_end_found,
        stand=_stand,
    ),
)
