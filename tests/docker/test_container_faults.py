"""Each fault of containers on a real engine: it bites, it is undone, and both are proven."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chaos.faults.cpu_limit import CpuLimit
from chaos.faults.crash import Crash
from chaos.faults.disconnect import Disconnect
from chaos.faults.down import Down
from chaos.faults.full_disk import FullDisk
from chaos.faults.memory_limit import MIB, MemoryLimit
from chaos.faults.pause import Pause
from chaos.faults.restart import Restart
from chaos.faults.stop import Stop
from harness.ports import Fault
from harness.runtimes.docker.images import Images
from harness.runtimes.docker.runtime import DockerRuntime
from harness.undo.faultlog import FaultLog
from tests.conformance.proofs import carried_out, rest, work
from tests.docker.a_run import in_loop, started

FAULTS: tuple[Fault, ...] = (
    Crash(service="funding_a"),
    Pause(service="funding_b"),
    Stop(service="risk"),
    Restart(service="funding_c"),
    Disconnect(service="payment_a"),
    CpuLimit(service="payment_b"),
    MemoryLimit(service="funding_a", mebibytes=6),
    FullDisk(service="database"),
    Crash(service="database"),
)


async def toil(runtime: DockerRuntime, service: str) -> None:
    """Something in its container wants all of the processor, for two seconds."""
    container = await runtime._running().engine.container(service)
    loop = ["timeout", "2", "sh", "-c", "while :; do :; done"]
    await asyncio.to_thread(container.exec_run, loop)


MEANWHILE = {"cpu_limit": toil, "memory_limit": work}


@pytest.mark.nightly
def test_every_container_fault_bites_and_is_undone(tmp_path: Path, images: Images) -> None:
    """Its own proof holds, its undo reads back, and the next fault finds all as it was."""

    async def body() -> None:
        async with started(tmp_path, images) as runtime:
            log = FaultLog(tmp_path / "faults.jsonl")
            for fault in FAULTS:
                meanwhile = MEANWHILE.get(fault.kind, rest)
                proof = await carried_out(fault, runtime, log, meanwhile)
                assert proof.proven, (fault.kind, fault.where, proof)
            assert log.active() == []

    in_loop(body, 240)


@pytest.mark.nightly
def test_an_end_for_want_of_memory_is_told_as_such(tmp_path: Path, images: Images) -> None:
    """That it was the kernel, with which exit code, when, at how many bytes."""

    async def body() -> None:
        async with started(tmp_path, images) as runtime:
            log, fault = (
                FaultLog(tmp_path / "faults.jsonl"),
                MemoryLimit(service="risk", mebibytes=8),
            )
            begun_s = runtime.clock.now_s()
            told = (await carried_out(fault, runtime, log, work)).numbers
            assert (told["oom_killed"], told["exit_code"]) == (True, 137)
            assert begun_s < told["killed_t_s"] < runtime.clock.now_s()
            assert told["limit_bytes"] == 8 * MIB < told["used_bytes_before"]

    in_loop(body)


def test_a_limit_that_nobody_needs_more_than_is_no_fault(tmp_path: Path, images: Images) -> None:
    """An idle service feels nothing of it: the proof says so, and the run is inconclusive."""

    async def body() -> None:
        async with started(tmp_path, images) as runtime:
            log, fault = FaultLog(tmp_path / "faults.jsonl"), CpuLimit(service="risk", cores=4)
            assert not (await carried_out(fault, runtime, log, work)).proven

    in_loop(body)


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
