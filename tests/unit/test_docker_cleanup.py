"""The end of a run in containers, on an engine that refuses."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from harness.runtimes.docker.cleanup import end_run


class Scarce:
    """An engine for a process with so few descriptors that one call at a time gets through."""

    def __init__(self, names: list[str]) -> None:
        self.there = [SimpleNamespace(name=one, status="exited", labels={}) for one in names]
        self._busy = False

    async def containers(self) -> list[Any]:
        """Those that are not removed yet."""
        return list(self.there)

    async def volumes(self) -> list[Any]:
        """None."""
        return []

    networks = volumes

    async def call(self, what: str, *_: object, **__: object) -> bytes:
        """Refused while another goes on."""
        if self._busy:
            raise RuntimeError(f"{what}: can't start new thread")
        self._busy = True
        await asyncio.sleep(0)
        self._busy = False
        return b""

    async def remove(self, thing: Any, **_: object) -> None:
        """It is gone."""
        await self.call("removing")
        self.there.remove(thing)


class Clock:
    """Nobody waits."""

    def now_s(self) -> float:
        """Always."""
        return 0.0

    async def sleep(self, _: float) -> None:
        """Not at all."""


def test_what_was_refused_at_once_is_removed_one_after_the_other(tmp_path: Path) -> None:
    """A watchdog with a handful of descriptors ends a run of twelve containers all the same."""
    engine: Any = Scarce([f"program-{number}" for number in range(12)])
    for one in engine.there:
        one.labels, one.logs = {"chaos-harness.program": one.name}, None
    state = {"mark": "no-such-run", "run_dir": str(tmp_path), "data_dir": str(tmp_path)}
    clock: Any = Clock()
    assert asyncio.run(end_run(state, engine, clock)) == []
