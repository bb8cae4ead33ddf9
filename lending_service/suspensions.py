"""Which new business is suspended, as a policy provider says it; never a word on repayments.

ask (at most every refresh_s) -> whole, and no older epoch -> rules
                              -> anything else             -> the rules of before, for a while
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

import msgspec

from lending_service.policy import Policy
from lending_service.ports import Clock

PRODUCT = "loan"  # the only one
Why = Literal["suspended", "policy_unknown"]


class Cell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """New business that matches every key which is given."""

    product: str | None = None
    segment: str | None = None
    region: str | None = None
    partner: str | None = None

    def holds(self, segment: str, region: str, partner: str | None) -> bool:
        """Whether it speaks of this business; a cell with a partner speaks of that one alone."""
        return (
            self.product in (None, PRODUCT)
            and self.segment in (None, segment)
            and self.region in (None, region)
            and self.partner == partner
        )


class Rules(msgspec.Struct, frozen=True):
    """A policy. A later one has a higher epoch."""

    epoch: int
    suspended: tuple[Cell, ...]


class Suspensions:
    """Knows the policy as far as it can be known.

    Args:
        name: of the provider; "" where there is none, and nothing is suspended.
        refresh_s: how old what is known may become before it is asked for again; None: for ever.
        unknown_after_s: how old before new business stops; None: it never does.
        changed: told the rules after each change, None while they are unknown.
    """

    def __init__(
        self,
        caller: Policy,
        clock: Clock,
        name: str,
        refresh_s: float | None,
        unknown_after_s: float | None,
        changed: Callable[[Rules | None], None],
    ) -> None:
        self._caller = caller
        self._clock = clock
        self._name = name
        self._refresh_s = refresh_s
        self._unknown_after_s = unknown_after_s
        self._changed = changed
        self._rules: Rules | None = None
        self._seen_s = self._asked_s = float("-inf")
        self._asking = asyncio.Lock()

    async def why(self, segment: str, region: str, partner: str | None = None) -> Why | None:
        """Why new business may not go on now; None when it may.

        Args:
            partner: the funder that would pay for it; None: whoever does.
        """
        if not self._name:
            return None
        if self._due():
            async with self._asking:
                if self._due():
                    await self._ask()
        after_s = self._unknown_after_s
        if after_s is not None and self._clock.now_s() - self._seen_s > after_s:
            self._changed(None)
            return "policy_unknown"
        cells = self._rules.suspended if self._rules else ()
        return "suspended" if any(one.holds(segment, region, partner) for one in cells) else None

    def _due(self) -> bool:
        if self._refresh_s is None:
            return self._rules is None
        return self._clock.now_s() - self._asked_s >= self._refresh_s

    async def _ask(self) -> None:
        called = await self._caller.once(self._name, "GET", "/v1/policy")
        self._asked_s = self._clock.now_s()
        rules = _rules(called.body) if called.status == 200 else None
        if rules is None or (self._rules is not None and rules.epoch < self._rules.epoch):
            return
        self._rules, self._seen_s = rules, self._asked_s
        self._changed(rules)


def _rules(body: object) -> Rules | None:
    """The policy that a reply holds; None when it is not whole, or names what nobody knows."""
    try:
        return msgspec.convert(body, Rules)
    except msgspec.ValidationError:
        return None
