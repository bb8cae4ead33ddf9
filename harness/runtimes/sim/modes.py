"""What can go wrong with one call: the faults of scenarios, one small function each.

request ──> refused, request_lost, error_before, denied, busy, intercepted, late ─┐
                                                                                  ├─> what the
applied ──> reply_lost, error_after, garbled, strange, duplicate, slow ───────────┘   caller sees
command to the database ──> refused, reply_lost, crash_before_write, crash_after_write
database with a standby ──> promote, stale
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial

from harness.runtimes.sim.host import Host
from harness.runtimes.sim.messages import JSON, Ask, Headers, Reply
from harness.runtimes.sim.wire import give, lose

SLOW_S = 0.6  # chosen: late for a reader, in time for every time-out
AFTER_S = 0.1  # chosen: how long after the caller gave up a late request arrives
DOWN_S = 0.2  # chosen: how long a crashed service is unreachable, or a database without a primary
ALONE_S = 0.02  # chosen: a primary that will be lost answers for so long, and hands nothing on
REST_S = b"1"  # chosen: for how long a callee that is busy asks to be left alone
BEHIND_S = 1.0  # chosen: longer than a borrower waits to look again, shorter than a commit waits


class Mode(StrEnum):
    """How one call goes wrong."""

    REFUSED = "refused"
    REQUEST_LOST = "request_lost"
    REPLY_LOST = "reply_lost"
    LATE = "late"
    ERROR_BEFORE = "error_before"
    DENIED = "denied"
    BUSY = "busy"
    INTERCEPTED = "intercepted"
    ERROR_AFTER = "error_after"
    GARBLED = "garbled"
    STRANGE = "strange"
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
    Mode.DENIED,
    Mode.BUSY,
    Mode.INTERCEPTED,
    Mode.ERROR_AFTER,
    Mode.GARBLED,
    Mode.STRANGE,
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


PAGE: Headers = ((b"content-type", b"text/html; charset=utf-8"),)
HTML = b"<html><body><h1>Please try again</h1></body></html>"
ANSWERS: Mapping[Mode, Reply] = {
    Mode.ERROR_BEFORE: Reply(503, JSON, b'{"code":"unavailable"}'),
    Mode.DENIED: Reply(404, PAGE, HTML),
    Mode.BUSY: Reply(429, ((b"retry-after", REST_S), *JSON), b'{"code":"busy"}'),
    Mode.INTERCEPTED: Reply(200, PAGE, HTML),
    Mode.ERROR_AFTER: Reply(500, JSON, b'{"code":"internal_error"}'),
    Mode.GARBLED: Reply(200, PAGE, HTML),
}
"""What the caller is told in place of the callee's word."""


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


def answered(told: Reply, callee: Host, ask: Ask, outcome: Outcome) -> None:
    """Answered by somebody on the way; not applied."""
    give(outcome, told)


def answered_after(told: Reply, callee: Host, ask: Ask, outcome: Outcome) -> None:
    """Applied, and answered otherwise all the same."""
    callee.take(ask, lambda _: give(outcome, told))


def strange(callee: Host, ask: Ask, outcome: Outcome) -> None:
    """Applied; each word of the reply is one that nobody knows."""
    callee.take(ask, lambda reply: hand(reply and _strange(reply), outcome))


def _strange(reply: Reply) -> Reply:
    try:
        body = json.dumps(_no_word(json.loads(reply.body))).encode()
    except ValueError:
        body = b"?"
    return Reply(reply.status, reply.headers, body)


def _no_word(told: object) -> object:
    if isinstance(told, dict):
        return {name: _no_word(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_no_word(value) for value in told]
    return "?" if isinstance(told, str) else told


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
    **{
        mode: partial(answered, ANSWERS[mode])
        for mode in (Mode.ERROR_BEFORE, Mode.DENIED, Mode.BUSY, Mode.INTERCEPTED)
    },
    **{mode: partial(answered_after, ANSWERS[mode]) for mode in (Mode.ERROR_AFTER, Mode.GARBLED)},
    Mode.STRANGE: strange,
    Mode.DUPLICATE: duplicate,
    Mode.SLOW: slow,
}
