"""Admission: who is refused while too much waits, and who never is."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from lending_service.admission import Admission
from lending_service.defences import ShedRule
from lending_service.replies import Problem
from lending_service.stores.port import Store, StoreUnavailable
from tests.unit.lending_service.world import FakeClock


class Queue:
    """An outbox of which only the oldest due task is asked for."""

    due_s: float | None = None
    away = False

    async def next_due_s(self, kind: str) -> float | None:
        """When it was due."""
        if self.away:
            raise StoreUnavailable("away")
        return self.due_s


class Door:
    """An admission at a queue in which work on each application takes `each_s`."""

    def __init__(self, each_s: float, rule: ShedRule | None) -> None:
        self.clock, self.queue = FakeClock(), Queue()
        self.refusals = 0
        self.told: list[tuple[int, str, bool]] = []
        self.admission = Admission(rule, cast("Store", self.queue), self.clock, self._refused)
        self._each_s = each_s
        self._taken: list[float] = []
        self._begun = 0
        self._free_s = 0.0

    def _refused(self) -> None:
        self.refusals += 1

    async def come(self, per_s: int, for_s: int) -> list[float]:
        """Borrowers at a rate; how long each one that was taken in waited, s."""
        waits = []
        for _ in range(per_s * for_s):
            await self.clock.pass_s(1 / per_s)
            now_s = self.clock.now_s()
            while self._begun < len(self._taken) and self._free_s <= now_s:
                self._free_s = max(self._free_s, self._taken[self._begun]) + self._each_s
                self._begun += 1
            waiting = self._taken[self._begun :]
            self.queue.due_s = waiting[0] if waiting else None
            await self.admission.look()
            try:
                self.admission.take_in("key")
            except Problem as problem:
                self.told.append((problem.status, problem.code, bool(problem.retry_after_s)))
                continue
            waits.append(len(waiting) * self._each_s)
            self._taken.append(now_s)
        return waits


RULE = ShedRule(after_s=3.0, for_s=0.5)


@pytest.mark.parametrize("per_s", [20, 40, 100])
def test_nobody_who_is_taken_in_waits_much_longer_than_the_limit(per_s: int) -> None:
    """Whether twice or ten times as many come as can be served; and ten a second still are."""
    door = Door(0.1, RULE)
    waits = asyncio.run(door.come(per_s, 20))
    late_s = RULE.for_s + 0.5  # looks, and the time for which it has to be so
    assert max(waits) <= RULE.after_s + late_s * per_s / 10
    assert door.refusals == len(door.told) > 0
    assert set(door.told) == {(503, "overloaded", True)}
    assert len(waits) >= 180, "as many are taken in as can be served"


def test_nobody_is_refused_while_all_can_be_served() -> None:
    """Nine of ten that could be."""
    door = Door(0.1, RULE)
    asyncio.run(door.come(9, 30))
    assert door.refusals == 0


def test_without_a_rule_everybody_is_taken_in() -> None:
    """As naive does."""
    door = Door(0.1, None)
    assert max(asyncio.run(door.come(20, 20))) > 15.0


def test_records_that_are_away_refuse_nobody_here() -> None:
    """Whoever takes the application in says so."""
    door = Door(0.1, RULE)
    door.queue.away = True
    asyncio.run(door.come(20, 10))
    assert door.refusals == 0
