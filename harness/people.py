"""People who are asked while a run goes on: how soon each of them answers, and who is held up.

It is the same on every runtime, and in memory: what is wrong with people ends with the run.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from harness.clock import Clock
from harness.evidence import Observation
from harness.ports import UndoRecord

USUAL_S = 0.5  # chosen: somebody who is there, in the time of runs that last a minute
TICK_S = 0.05  # chosen: how soon an answer is noticed

ByHand = Callable[[str], Awaitable[None]]
"""Shows a question to whoever sits there; ends once it is answered."""


class People:
    """`PeopleControl`: everybody answers after `USUAL_S`, but those who are held up."""

    def __init__(self, clock: Clock) -> None:
        """Nobody is held up."""
        self._clock = clock
        self._after_s: dict[str, float] = {}
        self._asked: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()

    async def answers(self, person: str, question: str, by_hand: ByHand | None = None) -> None:
        """Ask somebody; ends with the answer.

        Args:
            by_hand: a real person answers, as soon as the one who is asked is there.
        """
        self._asked[person] += 1
        usual_s, asked_s = (0.0 if by_hand else USUAL_S), self._clock.now_s()
        while self._clock.now_s() - asked_s < self._after_s.get(person, usual_s):
            await self._clock.sleep(TICK_S)
        if by_hand:
            await by_hand(f"{person}: {question}")
        self._answered[person] += 1

    async def hold_up(self, person: str, after_s: float) -> None:
        """Let somebody answer so late; 0: not at all."""
        self._after_s[person] = after_s or math.inf

    async def healthy(self, where: str) -> Mapping[str, object]:
        """Nobody is held up."""
        return {}

    async def observe(self, where: str) -> Observation:
        """How often somebody was asked, and has answered."""
        counts = {"paged": self._asked[where], "answered": self._answered[where]}
        return Observation(self._clock.now_s(), "ok", 0.0, counts)

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """As late as the others want it."""
        self._after_s.pop(record.where, None)
        for act in (act for other in others for act in other.acts):
            await self.hold_up(*act[1:])

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether nobody but the others holds somebody up."""
        return (record.where in self._after_s) == bool(others)
