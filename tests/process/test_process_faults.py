"""Each fault of processes on real ones: it bites, it is undone, and both are proven."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.faults.cpu_limit import CpuLimit
from chaos.faults.crash import Crash
from chaos.faults.pause import Pause
from chaos.faults.restart import Restart
from chaos.faults.stop import Stop
from harness.errors import RuntimeFailure
from harness.ports import Capability, Fault, Seen, UndoRecord
from harness.runtimes.process.attach import alive, attach, end_processes
from harness.runtimes.process.runtime import ProcessRuntime
from harness.undo.faultlog import FaultLog
from tests.conformance.proofs import carried_out, rest, work

from .a_run import in_loop, started
from .trivial_target import FULL, SMALL

FAULTS: tuple[Fault, ...] = (
    Crash(service="back"),
    Crash(service="front"),
    Pause(service="front"),
    Stop(service="back"),
    Stop(service="database"),
    Restart(service="front"),
    Restart(service="database"),
    CpuLimit(service="back", cores=0.01),
    CpuLimit(service="front", cores=0.02),
)
THROTTLE = "cpu_limit.back"


def test_every_process_fault_bites_and_is_undone(tmp_path: Path) -> None:
    """Its own proof holds, its undo reads back, and the next fault finds all as it was."""

    async def body() -> None:
        async with started(tmp_path, FULL) as runtime:
            log = FaultLog(tmp_path / "faults.jsonl")
            for fault in FAULTS:
                meanwhile = work if isinstance(fault, CpuLimit) else rest
                proof = await carried_out(fault, runtime, log, meanwhile)
                assert proof.proven, (fault.kind, fault.where, proof)
                if isinstance(fault, Crash):
                    assert proof.numbers["exit_code"] == 137, proof  # 128 and SIGKILL
            assert log.active() == []

    in_loop(body, 180)


def test_a_limit_that_nobody_needs_more_than_is_no_fault(tmp_path: Path) -> None:
    """An idle service feels nothing of it: the proof says so, and the run is inconclusive."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            log, fault = FaultLog(tmp_path / "faults.jsonl"), CpuLimit(service="back", cores=4)
            assert not (await carried_out(fault, runtime, log, work)).proven

    in_loop(body)


def test_a_throttle_that_was_killed_is_no_proof_and_leaves_no_one_held(tmp_path: Path) -> None:
    """Nobody limits the service any more: the proof sees it, and the undo wakes who was held."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            log, fault = FaultLog(tmp_path / "faults.jsonl"), CpuLimit(service="back")
            cpu = runtime.capability(fault.capability)
            before = await cpu.observe("back")
            entry = await log.inject(fault, cpu, 5.0)
            early = await cpu.observe("back")
            await work(runtime, "back")
            kill(runtime, THROTTLE)
            await runtime.capability(Capability.PROCESSES).pause("back")
            late = await cpu.observe("back")
            assert (await log.heal(entry, cpu)).state == "healed"
            after = await cpu.observe("back")
            assert (late.canary, after.canary) == ("no_reply", "ok")
            assert not fault.proof(Seen(before, early, late, after)).proven

    in_loop(body)


def kill(runtime: ProcessRuntime, program: str) -> None:
    """SIGKILL to a program of the run, and wait until it has ended."""
    site = runtime._running()
    (proc,) = site.family(program)
    proc.send(signal.SIGKILL)
    while proc.lives:
        site.launcher.reap()


def test_who_does_not_run_cannot_be_limited(tmp_path: Path) -> None:
    """Said, with the end of its log; nothing is started."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            await runtime.capability(Capability.PROCESSES).kill("back")
            with pytest.raises(RuntimeFailure, match="back does not run"):
                await runtime.capability(Capability.CPU).limit_cpu("back", 0.1)
            assert not any(line.startswith(THROTTLE) for line in alive(runtime.recovery_state()))
            await runtime.capability(Capability.PROCESSES).bring_back("back")

    in_loop(body)


HARNESS = """
import asyncio, sys
from pathlib import Path
from harness.ports import Capability
from tests.process.a_run import a_runtime
from tests.process.trivial_target import SMALL

async def main():
    runtime = a_runtime(Path(sys.argv[1]), "killed")
    await runtime.start(SMALL, {})
    await runtime.capability(Capability.CPU).limit_cpu("back", 0.01)
    print("ready", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_limit_whose_harness_was_killed_is_lifted_by_another(tmp_path: Path) -> None:
    """From recovery.json alone: its throttle is found and ended, the service goes on."""
    with subprocess.Popen(
        [sys.executable, "-c", HARNESS, str(tmp_path)], stdout=subprocess.PIPE
    ) as harness:
        assert harness.stdout
        assert harness.stdout.readline() == b"ready\n"
        harness.send_signal(signal.SIGKILL)
    state = json.loads((tmp_path / "killed" / "recovery.json").read_text())
    assert any(line.startswith(THROTTLE) for line in alive(state))

    async def body() -> None:
        attached = await attach(state)
        try:
            record = UndoRecord(Capability.CPU, "back", {"cores": None})
            control = attached.capability(Capability.CPU)
            assert not await control.undone(record)
            await control.undo(record)
            assert await control.undone(record)
        finally:
            await attached.close()
        assert not any(line.startswith(THROTTLE) for line in alive(state))
        assert end_processes(state) == []

    in_loop(body)
    assert alive(state) == []
