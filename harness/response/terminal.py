"""People on call who sit at the terminal: a question, and Enter."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from harness.people import ByHand


def at_terminal(say: Callable[[str], None]) -> ByHand:
    """Asks whoever sits at the terminal, one question at a time."""
    turn = asyncio.Lock()

    async def by_hand(question: str) -> None:
        async with turn:
            say(f"{question}  [Enter]")
            if not await _enter():
                say("nobody answers: standard input has no more lines")
                await asyncio.Event().wait()  # until the time of the step is up

    return by_hand


async def _enter() -> bool:
    """A line of standard input; False where there can be none: its end, a file, nothing at all."""
    loop, seen = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(sys.stdin, seen.set)
    except (OSError, ValueError):
        return False
    try:
        await seen.wait()
    finally:
        loop.remove_reader(sys.stdin)
    return bool(sys.stdin.readline())
