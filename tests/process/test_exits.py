"""A program that dies of itself is noticed once and named; one that a fault ended is not."""

from __future__ import annotations

import signal
from pathlib import Path

from harness.clock import poll
from harness.ports import Capability

from .a_run import in_loop, started
from .trivial_target import SMALL


def test_only_an_end_that_nobody_asked_for_is_told(tmp_path: Path) -> None:
    """A crash and its undo say nothing; a signal from outside is named as one, once."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            processes = runtime.capability(Capability.PROCESSES)
            await processes.kill("back")
            await processes.bring_back("back")
            assert list(runtime.unasked_exits()) == []
            (proc,) = processes.running("back")
            proc.send(signal.SIGKILL)
            assert await poll(lambda: not proc.lives, runtime.clock, within_s=5.0)
            (told,) = runtime.unasked_exits()
            assert (told.program, told.code, told.signalled) == ("back", 137, True)
            assert list(runtime.unasked_exits()) == []

    in_loop(body)
