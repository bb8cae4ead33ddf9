"""Notices that a risk engine no longer scores as it did: by cases whose scores are known.

every n-th decision ──> a known case, in turn ──> as it was     ──> believed
                                              ──> another score ──> suspect: nothing is believed
suspect ──> a known case every gap ──> n in a row as they were ──> believed again
"""

from __future__ import annotations

from typing import Literal

from lending_service.defences import ScoreGuardRule
from lending_service.ports import Clock
from lending_service.upstreams import RiskEngine, Score

CASES = ("reference-1", "reference-2", "reference-3")  # one alone may be declined anyway
AMOUNT_MINOR = 100_000


class ScoreGuard:
    """Says whether scores may be believed.

    Args:
        rule: how often it looks; None: everything is believed.
    """

    def __init__(self, risk: RiskEngine, clock: Clock, rule: ScoreGuardRule | None) -> None:
        self._risk = risk
        self._clock = clock
        self._rule = rule
        self._known: dict[str, Score | Literal["refused"]] = {}
        self._asked = self._looked = self._good = 0
        self._looked_s = float("-inf")
        self.suspect = False

    async def trusted(self) -> bool:
        """Whether the next score may be believed; each call is one decision."""
        if self._rule is None:
            return True
        self._asked += 1
        if self.suspect:
            due = self._clock.now_s() - self._looked_s >= self._rule.gap_s
        else:
            due = self._asked % self._rule.every == 0
        if due:
            await self._look(self._rule)
        return not self.suspect

    async def _look(self, rule: ScoreGuardRule) -> None:
        """Have a known case scored. Silence says nothing of the model."""
        self._looked_s = self._clock.now_s()
        case = CASES[self._looked % len(CASES)]
        self._looked += 1
        seen = await self._risk.score(case, case, "consumer", "north", AMOUNT_MINOR)
        if seen is None:
            return
        if seen != self._known.setdefault(case, seen):
            self.suspect, self._good = True, 0
            return
        self._good += 1
        if self._good >= rule.release_after:
            self.suspect = False
