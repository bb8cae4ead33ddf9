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
            await _enter()

    return by_hand


async def _enter() -> None:
    """A line of standard input, or its end."""
    loop, seen = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin, seen.set)
    try:
        await seen.wait()
    finally:
        loop.remove_reader(sys.stdin)
    sys.stdin.readline()
