"""Each fault of containers on a real engine: it bites, it is undone, and both are proven."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chaos.faults.crash import Crash
from chaos.faults.disconnect import Disconnect
from chaos.faults.down import Down
from chaos.faults.full_disk import FullDisk
from chaos.faults.memory_limit import MemoryLimit
from chaos.faults.pause import Pause
from chaos.faults.restart import Restart
from chaos.faults.stop import Stop
from harness.faultlog import FaultLog
from harness.ports import Fault, Proof, Seen
from harness.runtimes.docker import DockerRuntime, Images
from harness.target import Request
from tests.docker.a_run import in_loop, started

FAULTS: tuple[Fault, ...] = (
    Crash(service="funding_a"),
    Pause(service="funding_b"),
    Stop(service="risk"),
    Restart(service="funding_c"),
    Disconnect(service="payment_a"),
    MemoryLimit(service="funding_a", mebibytes=6),
    FullDisk(service="database"),
    Crash(service="database"),
)


async def work(runtime: DockerRuntime, service: str) -> None:
    """Give a service that answers HTTP something to do, for two seconds at the least."""
    for _ in range(4):
        asked = [runtime.ask(service, Request("GET", "/livez", timeout_s=0.5)) for _ in range(40)]
        await asyncio.gather(asyncio.sleep(0.5), *asked)


async def carried_out(fault: Fault, runtime: DockerRuntime, log: FaultLog) -> Proof:
    """Inject, hold for a moment, heal; what its own proof says."""
    control = runtime.capability(fault.capability)
    before = await control.observe(fault.where)
    entry = await log.inject(fault, control, 5.0)
    early = await control.observe(fault.where)
    await work(runtime, fault.where)
    late = await control.observe(fault.where)
    healed = await log.heal(entry, control)
    assert healed.state == "healed"
    return fault.proof(Seen(before, early, late, await control.observe(fault.where)))


def test_every_container_fault_bites_and_is_undone(tmp_path: Path, images: Images) -> None:
    """Its own proof holds, its undo reads back, and the next fault finds all as it was."""

    async def body() -> None:
        async with started(tmp_path, images) as runtime:
            log = FaultLog(tmp_path / "faults.jsonl")
            for fault in FAULTS:
                proof = await carried_out(fault, runtime, log)
                assert proof.proven, (fault.kind, fault.where, proof)
            assert log.active() == []

    in_loop(body, 240)


def test_a_link_that_is_down_refuses(tmp_path: Path, images: Images) -> None:
    """The canary is refused, as the caller is: no port forwarding takes the call in between."""

    async def body() -> None:
        async with started(tmp_path, images) as runtime:
            log, fault = FaultLog(tmp_path / "faults.jsonl"), Down(link="lending->risk")
            control = runtime.capability(fault.capability)
            entry = await log.inject(fault, control, 5.0)
            assert (await control.observe(fault.where)).canary == "refused"
            assert (await log.heal(entry, control)).state == "healed"
            assert (await control.observe(fault.where)).canary == "ok"

    in_loop(body)
