"""How long may still be waited for our records: so that who asked is answered in time.

Each wait is bounded by `WAIT_S`. A request has several of them in a row: for a connection, for each
command, for a row that somebody else holds, for the commit. What is left of `answered_within`
bounds them together.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

WAIT_S = 2.0  # for a connection, and for each command; chosen, not measured
CLEAN_S = 0.5  # for giving a connection back when there is no time left; chosen, not measured
_UNTIL_S: ContextVar[float] = ContextVar("until_s", default=math.inf)


@contextmanager
def answered_within(seconds: float | None) -> Iterator[None]:
    """Let everything that is waited for in this block end in `seconds`; None: each wait by
    itself."""
    until_s = math.inf if seconds is None else asyncio.get_running_loop().time() + seconds
    token = _UNTIL_S.set(until_s)
    try:
        yield
    finally:
        _UNTIL_S.reset(token)


def left_s() -> float:
    """For the next wait.

    Raises:
        TimeoutError: nothing is left.
    """
    until_s = _UNTIL_S.get()
    if until_s == math.inf:
        return WAIT_S
    left_s = until_s - asyncio.get_running_loop().time()
    if left_s <= 0:
        raise TimeoutError("no time is left to answer in")
    return min(WAIT_S, left_s)


def cleaning_s() -> float:
    """For giving back what was used, however late it is."""
    try:
        return max(CLEAN_S, left_s())
    except TimeoutError:
        return CLEAN_S
