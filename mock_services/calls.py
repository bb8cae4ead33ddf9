"""A call at a stand-in, as effects see it, and what is sent back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from mock_services.clock import Clock
from mock_services.routes import JSON


class ReplyLost(Exception):
    """The connection ends without a reply; whether the work was done is in the ledger."""


class Reply(msgspec.Struct, frozen=True):
    """What is sent back: HTTP status, JSON body (bytes go as they are), further headers (names in
    lower case), content type."""

    status: int
    body: Any
    headers: tuple[tuple[bytes, bytes], ...] = ()
    media_type: bytes = JSON


@dataclass(slots=True)
class Lane:
    """Who waits for their turn at a stand-in: until when it is taken, on the run clock."""

    taken_s: float = 0.0


async def _unlimited(per_s: float) -> Reply | None:
    return None


class Call(msgspec.Struct, frozen=True):
    """One call as an effect sees it.

    Args:
        op: the operation, as rules name it.
        clock: the run clock.
        do: does the work at once, without letting anybody between; its keywords change how.
        calendar: the instant in UTC, for headers of HTTP.
        bearer: the key that the caller showed, "" for none.
        lane: of the stand-in, the same for all its calls.
        refused: (calls a second that all who share an allowance may do) -> what a call is answered
            for which nothing is left of it, or None.
    """

    op: str
    clock: Clock
    do: Callable[..., Awaitable[Reply]]
    calendar: Callable[[], datetime]
    bearer: str = ""
    lane: Lane = msgspec.field(default_factory=Lane)
    refused: Callable[[float], Awaitable[Reply | None]] = _unlimited
