"""A program that is awaited and does not come: what is said of it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import RuntimeFailure
from harness.runtimes.process.readiness import await_ready


class Ticking:
    """A clock on which sleeping costs nothing."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def now_s(self) -> float:
        """Seconds."""
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        """Go on by so much."""
        self._now_s += seconds


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (None, r"still runs; .*or give it longer: ready: {within: 60s} of the program in target"),
        (1, r"ended with exit code 1; .*next: read that log; harness doctor"),
    ],
)
def test_who_still_starts_may_be_given_longer(code: int | None, said: str) -> None:
    """A JVM takes its time; what has ended needs something else."""
    launcher: Any = SimpleNamespace(exit_code=lambda _: code, last_words=lambda _: "")

    async def no() -> bool:
        return False

    async def nobody() -> None:
        raise RuntimeFailure("nobody listens")

    waiting = await_ready("api", no, launcher, Ticking(), prove=nobody, what="it", within_s=6)
    with pytest.raises(RuntimeFailure, match=rf"(?s){said}"):
        asyncio.run(waiting)
