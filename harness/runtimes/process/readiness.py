"""Waiting until a program can do real work, or saying well why it does not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness.clock import Clock
from harness.errors import PlaceTaken, RuntimeFailure
from harness.runtimes.process.launch import Launcher
from harness.runtimes.real.sites import LONGER, READY_POLL_S, READY_S


async def await_ready(
    program: str,
    probe: Callable[[], Awaitable[bool]],
    launcher: Launcher,
    clock: Clock,
    *,
    prove: Callable[[], Awaitable[None]],
    what: str,
    within_s: float = READY_S,
) -> None:
    """Probe until it says yes, and it is our program that does.

    Args:
        prove: raises RuntimeFailure while nobody, or somebody else, listens at its address.
        what: what is awaited, for the error: `GET http://127.0.0.1:20123/livez -> 200`.

    Raises:
        RuntimeFailure: the program ended, or the time is over; with its last words. PlaceTaken
            where somebody else has its place.
    """
    t_begin_s = clock.now_s()
    while True:
        taken = await _refusal(prove)
        works = not taken and await probe()
        code = launcher.exit_code(program)
        if works and code is None:
            return
        waited_s = clock.now_s() - t_begin_s
        if code is not None or waited_s >= within_s:
            found, remedy = f"it ended with exit code {code}", "read that log"
            if code is None:
                found, remedy = "it still runs", f"read that log, or give it longer: {LONGER}"
            raise (PlaceTaken if isinstance(taken, PlaceTaken) else RuntimeFailure)(
                f"{program}: awaited {what} for {waited_s:.1f} s; {found}"
                f"{f'; {taken}' if taken else ''}"
                f"{launcher.last_words(program)}\n  next: {remedy}; harness doctor"
            )
        await clock.sleep(READY_POLL_S)


async def _refusal(prove: Callable[[], Awaitable[None]]) -> RuntimeFailure | None:
    try:
        await prove()
    except RuntimeFailure as error:
        return error
    return None
