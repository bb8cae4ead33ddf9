"""What can go wrong with one call: the faults of scenarios, one small function each.

request ──> refused, request_lost, error_before, late ─┐
                                                       ├─> what the caller sees
applied ──> reply_lost, error_after, duplicate, slow ──┘
command to the database ──> refused, reply_lost, crash_before_write, crash_after_write
database with a standby ──> promote, stale
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from enum import StrEnum

from harness.runtimes.sim.host import Host
from harness.runtimes.sim.messages import JSON, Ask, Reply
from harness.runtimes.sim.wire import give, lose

SLOW_S = 0.6  # chosen: late for a reader, in time for every time-out
AFTER_S = 0.1  # chosen: how long after the caller gave up a late request arrives
DOWN_S = 0.2  # chosen: how long a crashed service is unreachable, or a database without a primary
ALONE_S = 0.02  # chosen: a primary that will be lost answers for so long, and hands nothing on
BEHIND_S = 1.0  # chosen: longer than a borrower waits to look again, shorter than a commit waits


class Mode(StrEnum):
    """How one call goes wrong."""

    REFUSED = "refused"
    REQUEST_LOST = "request_lost"
    REPLY_LOST = "reply_lost"
    LATE = "late"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    DUPLICATE = "duplicate"
    SLOW = "slow"
    CRASH_BEFORE_WRITE = "crash_before_write"
    CRASH_AFTER_WRITE = "crash_after_write"
    PROMOTE = "promote"
    STALE = "stale"


LASTS_S: Mapping[Mode, float] = {
    Mode.CRASH_BEFORE_WRITE: DOWN_S,
    Mode.CRASH_AFTER_WRITE: DOWN_S,
    Mode.PROMOTE: ALONE_S + DOWN_S,
    Mode.STALE: BEHIND_S,
}
"""How long what a mode has begun goes on; the others are over with their call."""


REQUEST_MODES = (
    Mode.REFUSED,
    Mode.REQUEST_LOST,
    Mode.REPLY_LOST,
    Mode.LATE,
    Mode.ERROR_BEFORE,
    Mode.ERROR_AFTER,
    Mode.DUPLICATE,
    Mode.SLOW,
)
COMMAND_MODES = (
    Mode.REFUSED,
    Mode.REPLY_LOST,
    Mode.CRASH_BEFORE_WRITE,
    Mode.CRASH_AFTER_WRITE,
    Mode.PROMOTE,
    Mode.STALE,
)
STANDBY_MODES = (Mode.PROMOTE, Mode.STALE)
"""They need a database that has a standby."""


def modes_for(operation: str) -> tuple[Mode, ...]:
    """The modes that fit a call, by its operation as a trace names it."""
    return COMMAND_MODES if operation == WRITE else REQUEST_MODES


WRITE = "write"  # the operation of every point on the way to a database
Outcome = asyncio.Future[Reply]


def refused(callee: Host, ask: Ask, outcome: Outcome) -> None:
    """No connection; the caller knows that nothing was sent."""
    raise ConnectionRefusedError("refused by the plan")


def request_lost(callee: Host, ask: Ask, outcome: Outcome) -> None:
    """Cut before the callee had it; the caller cannot know."""
    lose(outcome, ConnectionResetError("the request was lost by the plan"))


def reply_lost(callee: Host, ask: Ask, outcome: Outcome) -> None:
    """Applied; the connection is cut instead of a reply."""
    callee.take(
        ask, lambda _: lose(outcome, ConnectionResetError("the reply was lost by the plan"))
    )


def late(callee: Host, ask: Ask, outcome: Outcome) -> None:
    """Arrives, and is applied, after the caller has given up."""
    loop = asyncio.get_running_loop()
    outcome.add_done_callback(lambda _: loop.call_later(AFTER_S, _deliver, callee, ask))


def error_before(callee: Host, ask: Ask, outcome: Outcome) -> None:
    """A 503 from somewhere on the way; not applied."""
    give(outcome, Reply(503, JSON, b'{"code":"unavailable"}'))


def error_after(callee: Host, ask: Ask, outcome: Outcome) -> None:
    """Applied, and a 500 all the same."""
    callee.take(ask, lambda _: give(outcome, Reply(500, JSON, b'{"code":"internal_error"}')))


def duplicate(callee: Host, ask: Ask, outcome: Outcome) -> None:
    """Delivered twice; the caller gets the first reply."""
    callee.take(ask, lambda reply: hand(reply, outcome))
    _deliver(callee, ask)


def slow(callee: Host, ask: Ask, outcome: Outcome) -> None:
    """Applied at once, answered late."""
    loop = asyncio.get_running_loop()

    def wait(reply: Reply | None) -> None:
        loop.call_later(SLOW_S, hand, reply, outcome)

    callee.take(ask, wait)


def _deliver(callee: Host, ask: Ask) -> None:
    if callee.state:
        callee.take(ask, lambda _: None)


def hand(reply: Reply | None, outcome: Outcome) -> None:
    """Give the caller what the callee answered; None: it closed the connection."""
    if reply is None:
        lose(outcome, ConnectionResetError("the connection was closed"))
    else:
        give(outcome, reply)


REQUESTS: Mapping[Mode, Callable[[Host, Ask, Outcome], None]] = {
    Mode.REFUSED: refused,
    Mode.REQUEST_LOST: request_lost,
    Mode.REPLY_LOST: reply_lost,
    Mode.LATE: late,
    Mode.ERROR_BEFORE: error_before,
    Mode.ERROR_AFTER: error_after,
    Mode.DUPLICATE: duplicate,
    Mode.SLOW: slow,
}
