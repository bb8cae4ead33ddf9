"""Admission: new applications are refused while those who come would wait too long.

taken in          | | | | | | | | | | | |    a look
begun by now      x x x x x                  oldest that waits: 1.2 s
                            \\_ seven wait; five were begun in the last second: 1.4 s for the next

It is time that is measured, not how many wait: that needs no figure of what a machine can do.
Whoever is tried again later does not wait by this measure, so a third party that is away refuses
nobody. Repayments and reads are never refused.
Sources: Little, "A Proof for the Queuing Formula L = lambda W", Operations Research 9(3), 1961;
Nichols and Jacobson, "Controlling Queue Delay", ACM Queue 10(5), 2012: a limit and an interval.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from lending_service.defences import ShedRule
from lending_service.ports import Clock
from lending_service.replies import Problem
from lending_service.stores.port import Store, StoreUnavailable

KIND = "application"  # of the tasks that are looked at
OVERLOADED = "overloaded"

# The figures of this block are chosen, not measured.
WAITS_S = 0.5  # of the oldest: less is no queue
LOOK_GAP_S = 0.25  # a look is a query
LOOKS = 5  # over which the rate of the work is measured: a second


class Admission:
    """Who may apply.

    Args:
        rule: when nobody may, or None: everybody always may.
        refused: told of each refusal.
    """

    def __init__(
        self, rule: ShedRule | None, store: Store, clock: Clock, refused: Callable[[], None]
    ) -> None:
        self._rule = rule
        self._store = store
        self._clock = clock
        self._refused = refused
        self._taken_s: deque[float] = deque()
        self._looks: deque[tuple[float, float]] = deque(maxlen=LOOKS)  # when, begun until
        self._looked_s = float("-inf")
        self._over_since_s: float | None = None

    async def look(self) -> None:
        """See how long whoever comes now would wait, unless somebody just has."""
        now_s = self._clock.now_s()
        if self._rule is None or now_s < self._looked_s + LOOK_GAP_S:
            return
        self._looked_s = now_s
        try:
            wait_s = await oldest_wait_s(self._store, self._clock, KIND)
        except StoreUnavailable:  # whoever takes it in will say so
            self._looks.clear()  # how fast work goes without records says nothing
            self._over_since_s = None
            return
        self._looks.append((now_s, now_s - wait_s))
        if wait_s < WAITS_S or self._expected_s(wait_s) <= self._rule.after_s:
            self._over_since_s = None
        elif self._over_since_s is None:
            self._over_since_s = now_s

    def take_in(self, reference: str) -> None:
        """Count one more, or let nobody in while too much waits.

        Raises:
            Problem: it does.
        """
        rule, since_s, now_s = self._rule, self._over_since_s, self._clock.now_s()
        if rule is None or since_s is None or now_s < since_s + rule.for_s:
            self._taken_s.append(now_s)
            return
        self._refused()
        text = (
            "More applications wait than can be worked on in time, so this one was not taken in. "
            "Nothing was changed. Please come back with the same Idempotency-Key."
        )
        raise Problem(503, OVERLOADED, text, rule.after_s, reference)

    def _expected_s(self, wait_s: float) -> float:
        """How long the next one would wait: as many as wait, at the rate of the last looks; at
        least as long as the oldest has."""
        (from_s, begun_from_s), (to_s, begun_to_s) = self._looks[0], self._looks[-1]
        while self._taken_s and self._taken_s[0] <= begun_from_s:
            self._taken_s.popleft()
        waiting = sum(1 for t_s in self._taken_s if t_s > begun_to_s)
        begun = len(self._taken_s) - waiting
        return max(wait_s, waiting * (to_s - from_s) / begun) if begun > 0 else wait_s


async def oldest_wait_s(store: Store, clock: Clock, kind: str) -> float:
    """How long a task of `kind` that is due has waited for somebody to take it up, s; 0 for none.

    Raises:
        StoreUnavailable: nobody knows.
    """
    due_s = await store.next_due_s(kind)
    return 0.0 if due_s is None else max(0.0, clock.now_s() - due_s)
