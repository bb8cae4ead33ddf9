"""The script that promotes: when it does, when it does not, and what it does not care for."""

from __future__ import annotations

import asyncio

import pytest

from lending_service import failover
from lending_service.failover import CHECKS_MAX, RECOVERS, Script

A, B = ("127.0.0.1", 1), ("127.0.0.1", 2)


class Servers(Script):
    """The script over two servers that are no more than their answers.

    Args:
        answers: of the primary, one a check; the last one for ever. False: it takes writes.
    """

    def __init__(self, *answers: bool | None, standby: bool = True) -> None:
        super().__init__((A, B), "harness", "postgres", Rounds(len(answers) + 3), lambda *_: None)
        self.answers, self.recovers = list(answers), standby
        self.asked: list[str] = []

    async def _said(self, server: tuple[str, int], statement: str) -> object:
        if server == A:
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if statement == RECOVERS:
            return self.recovers
        self.asked.append(statement)
        self.recovers = False
        return None


class Rounds:
    """A clock that ends after so many sleeps."""

    def __init__(self, rounds: int) -> None:
        self.left = rounds

    def now_s(self) -> float:
        """Nobody asks."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """One round less."""
        self.left -= 1
        if not self.left:
            raise TimeoutError


def watched(servers: Servers) -> list[str]:
    """What the standby was told."""
    with pytest.raises(TimeoutError):
        asyncio.run(servers.watch())
    return servers.asked


GONE = [None] * CHECKS_MAX


def test_a_primary_that_stays_away_is_replaced_and_nobody_asks_whether_it_lives() -> None:
    """That is what is wrong with it: one that hung goes on as a second primary."""
    assert watched(Servers(False, *GONE)) == list(failover.PROMOTE)


def test_a_short_silence_promotes_nobody() -> None:
    """One check less than it takes, again and again."""
    assert watched(Servers(*GONE[1:], False, *GONE[1:], False)) == []


def test_a_standby_that_somebody_else_promoted_is_not_promoted_again() -> None:
    """A runbook may have been faster."""
    assert watched(Servers(*GONE, standby=False)) == []
