"""What the service needs from outside: a clock, a client for third parties, dice."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Clock(Protocol):
    """The run clock, real or virtual."""

    def now_s(self) -> float:
        """Seconds since the start of the run."""

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` of run time pass."""


class Refused(Exception):
    """The call was definitely not sent: connection refused or not made in time."""


class NoReply(Exception):
    """The call may have been sent and no whole reply came: its effect is unknown."""


class Reply(msgspec.Struct, frozen=True):
    """A whole reply.

    Args:
        status: of HTTP.
        body: JSON; empty when it was no JSON object.
        retry_after_s: how long the other side wants to be left alone, s; None when it did not say.
    """

    status: int
    body: dict[str, object]
    retry_after_s: float | None = None


class Upstream(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A third party: what it is, and its base URL. Its name is the configuration's."""

    kind: str
    url: str


class Client(Protocol):
    """Calls a third party by its name."""

    async def call(
        self,
        dependency: str,
        method: str,
        path: str,
        body: dict[str, object] | None,
        timeout_s: float,
        key: str = "",
    ) -> Reply:
        """The third party's reply, within `timeout_s` seconds.

        Args:
            key: shown as bearer token; "" for none.

        Raises:
            Refused: definitely not sent.
            NoReply: perhaps sent, no whole reply.
        """
