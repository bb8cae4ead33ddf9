"""How third parties are called: time-out, breaker, retries within a budget. All in one place."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeVar

import msgspec
from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from lending_service.defences import BreakerRule
from lending_service.design import Design
from lending_service.keyring import KeyRing
from lending_service.ports import Client, Clock, NoReply, Refused
from lending_service.statuses import verdict

T = TypeVar("T")
Outcome = Literal["ok", "refused", "no_reply", "error", "denied"]
BreakerState = Literal["closed", "half_open", "open"]
BUDGET_MAX = 10.0  # retries that may be saved up; chosen, not measured


class Called(msgspec.Struct, frozen=True):
    """What came of one call.

    Args:
        outcome: `ok`: a word of the contract, also a business refusal; `denied`: a 4xx that is
            none; `refused`: nothing was sent.
        not_taken: whether it definitely had no effect, and never will.
        retry_after_s: how long the other side wants to be left alone, s.
    """

    outcome: Outcome
    status: int = 0
    body: dict[str, Any] = {}
    not_taken: bool = False
    retry_after_s: float | None = None


NOT_SENT = Called("refused", not_taken=True)
HELD_BACK = "held_back"  # what a breaker did not let through is counted as


class Breaker:
    """Stops calling what fails. Without a rule it never opens.

    Args:
        rule: when to open, for how long, when to close; or None.
        changed: called with (old, new) state after each change.
    """

    def __init__(
        self, rule: BreakerRule | None, clock: Clock, changed: Callable[[str, str], None]
    ) -> None:
        self._rule = rule
        self._clock = clock
        self._changed = changed
        self.state: BreakerState = "closed"
        self._failures = 0
        self._open_until_s = 0.0
        self._probing = 0
        self._probed = 0

    def allow(self) -> bool:
        """Whether a call may be made now; the caller then owes one `note`."""
        if self._rule is None or self.state == "closed":
            return True
        if self.state == "open":
            if self._clock.now_s() < self._open_until_s:
                return False
            self._probing = self._probed = 0
            self._move("half_open")
        if self._probing >= self._rule.probes:
            return False
        self._probing += 1
        return True

    def note(self, outcome: Outcome | None, wait_s: float = 0.0) -> None:
        """Take in how an allowed call ended; None when it was cancelled.

        Args:
            wait_s: how long the other side wants to be left alone; more than 0 opens at once.
        """
        if self._rule is None or self.state == "open":
            return
        if self.state == "half_open":
            self._probing = max(0, self._probing - 1)
        if outcome == "ok":
            self._good(self._rule)
        elif outcome is not None:
            self._failures += 1
            if wait_s or self.state == "half_open" or self._failures >= self._rule.failures:
                self._open_until_s = self._clock.now_s() + (wait_s or self._rule.open_s)
                self._move("open")

    def _good(self, rule: BreakerRule) -> None:
        self._failures = 0
        if self.state == "half_open":
            self._probed += 1
            if self._probed >= rule.probes:
                self._move("closed")

    def _move(self, state: BreakerState) -> None:
        old, self.state = self.state, state
        self._changed(old, state)


class Policy:
    """Calls third parties as the design says.

    Args:
        changed: called with (dependency, old, new) after each change of a breaker.
    """

    def __init__(
        self,
        design: Design,
        client: Client,
        clock: Clock,
        dice: random.Random,
        changed: Callable[[str, str, str], None],
    ) -> None:
        self._design = design
        self._client = client
        self._clock = clock
        self._dice = dice
        self._changed = changed
        self._keys = KeyRing(design.credentials, clock)
        self._budgets: dict[str, float] = {}
        self.breakers: dict[str, Breaker] = {}
        self.calls: dict[tuple[str, str], int] = {}

    async def once(
        self,
        dependency: str,
        method: str,
        path: str,
        body: dict[str, object] | None = None,
        *,
        lane: str = "",
        guarded: bool = True,
    ) -> Called:
        """One call behind the breaker of the dependency (and lane); never raises for its outcome.

        Args:
            lane: a breaker of its own, so that inquiries neither close nor suffer from the one
                of the calls that they inquire about.
            guarded: whether a breaker guards it; not what is asked once in a while at most.
        """
        if not guarded:
            called = await self._call(dependency, method, path, body)
            self._count(dependency + lane, called.outcome)
            return called
        breaker = self.breaker(dependency + lane)
        if not breaker.allow():
            self._count(dependency + lane, HELD_BACK)
            return NOT_SENT
        ended: Called | None = None
        try:
            ended = await self._call(dependency, method, path, body)
        finally:
            breaker.note(None if ended is None else ended.outcome, self._asked_s(ended))
        self._count(dependency + lane, ended.outcome)
        return ended

    async def tried(
        self, dependency: str, once: Callable[[int], Awaitable[T]], again: Callable[[T], bool]
    ) -> T:
        """`once(1)`, and `once(2)` … while `again` says so and breaker, tries and budget allow.

        The first try is outside of tenacity: a call that works pays nothing for retries.
        """
        breaker = self.breaker(dependency)
        ratio = self._design.retry_budget_ratio
        if ratio is not None:
            saved = self._budgets.get(dependency, BUDGET_MAX)
            self._budgets[dependency] = min(BUDGET_MAX, saved + ratio)
        results = [await once(1)]
        if not again(results[0]) or breaker.state == "open":
            return results[0]

        async def next_try() -> T:
            if tries.statistics["attempt_number"] > 1:
                results[0] = await once(tries.statistics["attempt_number"])
            return results[0]

        tries = AsyncRetrying(
            sleep=self._clock.sleep,
            wait=self._pause_s,
            stop=lambda state: self._enough(dependency, state),
            retry=retry_if_result(lambda last: again(last) and breaker.state != "open"),
            retry_error_callback=lambda state: results[0],
        )
        last: T = await tries(next_try)
        return last

    def breaker(self, name: str) -> Breaker:
        """The breaker of that name."""
        found = self.breakers.get(name)
        if found is None:
            found = self.breakers[name] = Breaker(
                self._design.breaker, self._clock, lambda old, new: self._changed(name, old, new)
            )
        return found

    async def _call(
        self, dependency: str, method: str, path: str, body: dict[str, object] | None
    ) -> Called:
        """One call; whose key was denied calls again at once with the next one, if there is one.

        That does no harm even where a proxy denied it after the effect: its id is the same.
        """
        key = self._keys.key(dependency)
        called = await self._with_key(dependency, method, path, body, key)
        if called.outcome == "ok":
            self._keys.accepted(dependency)
        elif called.status in (401, 403) and self._keys.denied(dependency, key):
            return await self._call(dependency, method, path, body)
        return called

    async def _with_key(
        self, dependency: str, method: str, path: str, body: dict[str, object] | None, key: str
    ) -> Called:
        timeout_s = self._design.upstream_timeout_s
        try:
            reply = await self._client.call(dependency, method, path, body, timeout_s, key)
        except Refused:
            return NOT_SENT
        except NoReply:
            return Called("no_reply")
        said = verdict(reply.status, reply.body)
        not_taken = said != "ok" and reply.status in self._design.not_taken_statuses
        return Called(said, reply.status, reply.body, not_taken, reply.retry_after_s)

    def _asked_s(self, called: Called | None) -> float:
        """How long the other side is left alone because it asked for it."""
        cap_s = self._design.retry_after_cap_s
        if called is None or called.retry_after_s is None or cap_s is None:
            return 0.0
        return min(cap_s, called.retry_after_s)

    def _count(self, name: str, came_of_it: str) -> None:
        place = (name, came_of_it)
        self.calls[place] = self.calls.get(place, 0) + 1

    def _pause_s(self, state: RetryCallState) -> float:
        """Exponential, around the mean by the jitter of the design, capped."""
        mean_s = self._design.backoff_base_s * 2.0 ** (state.attempt_number - 1)
        spread = 1.0 + self._design.jitter * (2.0 * self._dice.random() - 1.0)
        return min(self._design.backoff_cap_s, mean_s * spread)

    def _enough(self, dependency: str, state: RetryCallState) -> bool:
        """Whether to stop. What one third party has earned is not spent on another."""
        if state.attempt_number >= self._design.tries_max:
            return True
        if self._design.retry_budget_ratio is None:
            return False
        if self._budgets[dependency] < 1.0:
            return True
        self._budgets[dependency] -= 1.0
        return False
