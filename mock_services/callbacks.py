"""Callbacks to the caller: repeated at growing gaps until they are acknowledged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from mock_services.calls import Reply
from mock_services.clock import Clock
from mock_services.ledger import Ledger
from mock_services.stand_in import World

ACKNOWLEDGED = "success"
ANSWER_MAX = 200  # of an answer so much is kept; chosen
Send = Callable[[dict[str, object]], Awaitable[bool]]
Copy = tuple[float, dict[str, object]]
"""How long a callback is held back beyond the usual, s, and its body."""


def planned(
    first: Mapping[str, Any],
    amount: str,
    contradiction: Callable[[Mapping[str, Any], str], dict[str, Any] | None],
    *,
    times: int = 1,
    delta_minor: int = 0,
    held_s: float = 0.0,
    later: str = "",
    later_s: float = 0.0,
) -> Reply:
    """What is to be delivered, as a script wants it.

    Args:
        first: the body; `amount` names its amount, which it may lack.
        contradiction: (what is told first, another status) -> the body with that status; None for
            none.
        times: how many copies are delivered, each until it is acknowledged; 0 for none.
        delta_minor: added to the amount it names.
        held_s: how much later than usual.
        later: another status, told `later_s` after the usual instant.

    Returns:
        the copies as the body of a reply: callbacks and requests share the shape of effects.
    """
    told = dict(first)
    if amount in told:
        told[amount] += delta_minor
    copies: list[Copy] = [(held_s, told)] * times
    if later and (other := contradiction(told, later)) is not None:
        copies.append((later_s, other))
    return Reply(200, copies)


def made_up(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What somebody tells who knows a payment: that it succeeded, each time with one wrong
    detail; that it failed; a word that no contract has."""
    wrong: dict[str, Any] = {"gateway": "another", "kind": "refund", "reference": "another"}
    wrong |= {"amount_minor": 1, "currency": "EUR"}
    told = {**told, "status": "SUCCESS"}
    made = [{**told, field: value} for field, value in wrong.items()]
    return [*made, *({**told, "status": status} for status in ("FAILED", "CONFIRMED"))]


class Callbacks:
    """Sends callbacks and counts them.

    Args:
        send: makes one attempt; whether it was acknowledged. An `OSError` means no reply.
        delay_s: from the event to the first attempt.
        gaps_s: between one attempt and the next; attempts end when the gaps do.
        counts: live `sent`, `acknowledged` and `failed`.
    """

    def __init__(
        self,
        send: Send,
        delay_s: float,
        gaps_s: Sequence[float],
        clock: Clock,
        counts: dict[str, int],
    ) -> None:
        """Start with nothing sent."""
        self._once = send
        self._delay_s = delay_s
        self._gaps_s = tuple(gaps_s)
        self._clock = clock
        self.counts = counts

    async def deliver(self, copies: Sequence[Copy], since_s: float) -> None:
        """Send one after another, each when it is due.

        Args:
            since_s: when the event was, on the run clock.
        """
        clock = self._clock
        for held_s, body in copies:
            await clock.sleep(max(0.0, since_s + self._delay_s + held_s - clock.now_s()))
            await self._until_acknowledged(body)

    async def slip_in(self, body: dict[str, object]) -> None:
        """Send what somebody else made up, once, uncounted, after the usual delay."""
        await self._clock.sleep(self._delay_s)
        with suppress(OSError):
            await self._once(body)

    async def _until_acknowledged(self, body: dict[str, object]) -> None:
        for gap_s in self._gaps_s:
            if await self._send(body):
                return
            await self._clock.sleep(gap_s)
        await self._send(body)

    async def _send(self, body: dict[str, object]) -> bool:
        """Make one attempt; no reply at all counts as failed like any other reply."""
        self.counts["sent"] += 1
        try:
            acknowledged = await self._once(body)
        except OSError:
            acknowledged = False
        self.counts["acknowledged" if acknowledged else "failed"] += 1
        return acknowledged


def sent_to(url: str, world: World, ledger: Ledger) -> Send:
    """Sends to a URL; a reply of exactly `success` acknowledges. What was told, and what was
    answered (None: nothing), is kept as a call."""

    async def send(body: dict[str, object]) -> bool:
        since_s, answer = world.clock.now_s(), None
        try:
            answer = (await world.send_callback(url, body))[:ANSWER_MAX]
        finally:
            key = str(body.get("reference", ""))
            ledger.called("callback", key, since_s, told=body, answer=answer)
        return answer == ACKNOWLEDGED

    return send
