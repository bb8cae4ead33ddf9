"""An allowance that several stand-ins share: one of them keeps the count, the others ask it.

payment_b ── POST /v1/allowance {"per_s"} ──> payment_a     counts its own calls and those of others
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from mock_services.calls import Reply
from mock_services.clock import Clock

AT_ONCE_S = 1.0  # chosen: what is allowed in one second may come in one instant
PATH = "/v1/allowance"
Rate = Annotated[float, Meta(gt=0, le=10_000)]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/allowance`: calls that all together may do a second."""

    per_s: Rate


class Answered(msgspec.Struct, frozen=True):
    """Whether a call was taken in."""

    taken: bool


class Allowance:
    """How many calls may still be done, by a leaky bucket; who is turned away uses up nothing.

    Args:
        keeper: URL of the stand-in that counts; "" for this one itself.
        ask: (URL, JSON body) -> the reply's text; an `OSError` means no reply.
    """

    def __init__(
        self,
        clock: Clock,
        ask: Callable[[str, dict[str, object]], Awaitable[str]],
        keeper: str = "",
    ) -> None:
        self._clock = clock
        self._ask = ask
        self._keeper = keeper
        self._used_until_s = 0.0
        self.turned_away = 0

    async def refused(self, per_s: float) -> Reply | None:
        """What a call is answered for which nothing is left; None where it may be done."""
        try:
            taken = await self._elsewhere(per_s) if self._keeper else self.take(per_s)
        except OSError:
            return _no(503, "unavailable", "who keeps the count does not answer")
        if taken:
            return None
        self.turned_away += 1
        return _no(429, "allowance_used_up", "no more calls are taken for now")

    def take(self, per_s: float) -> bool:
        """Count a call, if it may be done."""
        now_s = self._clock.now_s()
        begins_s = max(self._used_until_s, now_s)
        if begins_s + 1 / per_s > now_s + AT_ONCE_S:
            return False
        self._used_until_s = begins_s + 1 / per_s
        return True

    async def _elsewhere(self, per_s: float) -> bool:
        text = await self._ask(self._keeper + PATH, {"per_s": per_s})
        try:
            return msgspec.json.decode(text, type=Answered).taken
        except msgspec.DecodeError as wrong:
            raise ConnectionError(str(wrong)) from wrong


def _no(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"code": code, "message": message})
