"""Faults of containers: when their own proof says that they bit, and when it must not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from chaos.faults.cpu_limit import CpuLimit
from chaos.faults.crash import Crash
from chaos.faults.disconnect import Disconnect
from chaos.faults.full_disk import FullDisk
from chaos.faults.memory_limit import MIB, MemoryLimit
from chaos.faults.restart import Restart
from chaos.faults.stop import Stop
from harness.ports import Fault, Observation, Seen

State = Mapping[str, Any]


def look(
    canary: str, state: State, counts: Mapping[str, int] | None = None, t_s: float = 0.0
) -> Observation:
    """One observation."""
    return Observation(t_s, canary, 0.0, counts or {}, state)


def limited(held_ms: int, cores: float | None = 0.02) -> Seen:
    """Ten seconds of a limit: how long it held the service back, what it was at the end."""
    before = look("ok", {"cores": None}, {"held_ms": 100}, 0.0)
    early = look("ok", {"cores": 0.02}, {"held_ms": 100}, 1.0)
    late = look("ok", {"cores": cores}, {"held_ms": 100 + held_ms}, 10.0)
    return Seen(before, early, late, look("ok", {"cores": None}))


def seen(before: Observation, during: Observation, after: Observation) -> Seen:
    """The same early and late."""
    return Seen(before, during, during, after)


UP, AGAIN, DOWN = look("ok", {"pid": 1}), look("ok", {"pid": 2}), look("refused", {"pid": None})
OFF = look("no_reply", {"pid": 1, "address": ""})
KILLED = look("no_reply", {"pid": None, "oom_killed": True, "limit_bytes": 8 * MIB})
ROOM, FULL = look("ok", {}, {"free_bytes": 10**8}), look("ok", {}, {"free_bytes": 0})
CASES: list[tuple[Fault, Seen, Seen]] = [
    (Stop(service="a"), seen(UP, DOWN, AGAIN), seen(UP, UP, UP)),
    (Restart(service="a"), seen(UP, AGAIN, AGAIN), seen(UP, UP, UP)),
    (Restart(service="a"), seen(UP, AGAIN, AGAIN), seen(UP, DOWN, AGAIN)),
    (Restart(service="a"), Seen(UP, AGAIN, DOWN, AGAIN), Seen(UP, UP, DOWN, AGAIN)),
    (Crash(service="a"), seen(UP, DOWN, AGAIN), seen(UP, UP, UP)),
    (Crash(service="a"), seen(UP, DOWN, AGAIN), seen(UP, DOWN, UP)),
    (CpuLimit(service="a"), limited(held_ms=100), limited(held_ms=99)),
    (CpuLimit(service="a"), limited(held_ms=9000), limited(held_ms=9000, cores=None)),
    (CpuLimit(service="a"), limited(held_ms=9000), limited(held_ms=9000, cores=0.04)),
    (Disconnect(service="a"), seen(UP, OFF, UP), seen(UP, DOWN, AGAIN)),
    (MemoryLimit(service="a", mebibytes=8), seen(UP, KILLED, AGAIN), seen(UP, DOWN, AGAIN)),
    (FullDisk(service="a"), seen(ROOM, FULL, ROOM), seen(ROOM, ROOM, ROOM)),
]


@pytest.mark.parametrize(("fault", "bit", "missed"), CASES)
def test_a_fault_is_proven_only_by_what_it_does(fault: Fault, bit: Seen, missed: Seen) -> None:
    """A fault that did not bite must not count as one that was survived."""
    assert fault.proof(bit).proven
    assert not fault.proof(missed).proven


@pytest.mark.parametrize("cores", [0, -1, 0.001, 5])
def test_a_share_of_the_processor_that_makes_no_sense_is_refused(cores: float) -> None:
    """Before anything is started."""
    with pytest.raises(ValidationError, match="cores"):
        CpuLimit(service="a", cores=cores)


@pytest.mark.parametrize("mebibytes", [0, 5, 4097])
def test_a_memory_limit_that_an_engine_refuses_is_refused_here(mebibytes: int) -> None:
    """Before anything is started."""
    with pytest.raises(ValidationError, match="mebibytes"):
        MemoryLimit(service="a", mebibytes=mebibytes)
