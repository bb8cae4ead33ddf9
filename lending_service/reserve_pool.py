"""The lender's own money, for loans that no funder can be asked to pay for.

approved ──every funder unreachable──> drawn ──funder answers──> it pays, and the pool has it back
                  └─ too little left: an explicit stop, said to the borrower
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from lending_service.defences import PoolRule
from lending_service.domain import Application, PoolAccount, Reservation
from lending_service.policy import Policy
from lending_service.ports import Clock
from lending_service.stores.port import Tx

POOL = "reserve_pool"
"""In the place of a funder's name in a reservation."""

LAST_S = 60.0  # what the minutes of cover are reckoned from; chosen


class ReservePool:
    """Keeps the account. Nothing is drawn without a rule.

    Args:
        changed: told after each draw and return whether anything can be drawn still.
    """

    def __init__(
        self,
        rule: PoolRule | None,
        clock: Clock,
        policy: Policy,
        funders: Sequence[str],
        changed: Callable[[bool], None],
    ) -> None:
        self._rule = rule
        self._clock = clock
        self._policy = policy
        self._funders = tuple(funders)
        self._changed = changed
        self._draws: deque[tuple[float, int]] = deque()
        self._size_minor = self.left_minor = rule.size_minor if rule else 0
        changed(self.left_minor > 0)

    def may_draw(self, app: Application) -> bool:
        """Whether this application may be paid for by the pool at present."""
        rule = self._rule
        if rule is None or app.amount_minor > rule.draw_minor_max:
            return False
        waited_s = self._clock.now_s() - app.created_s
        breakers = [self._policy.breaker(funder) for funder in self._funders]
        return waited_s >= rule.after_s and all(one.state != "closed" for one in breakers)

    async def draw(self, tx: Tx, held: Reservation) -> bool:
        """Take money out, in the transaction of what it is for; whether there was enough."""
        account = await self._account(tx)
        if account.drawn_minor + held.amount_minor > self._size_minor:
            self._changed(False)
            return False
        self._draws.append((self._clock.now_s(), held.amount_minor))
        await tx.put(held)
        await self._put(tx, account, held.amount_minor)
        return True

    async def give_back(self, tx: Tx, id_: str) -> None:
        """What was drawn under this id, if anything, comes back."""
        known = await tx.get(Reservation, id_, lock=True)
        if known is not None and known.status == "reserved":
            await tx.put(replace(known, status="released"))
            await self._put(tx, await self._account(tx), -known.amount_minor)

    def cover_s(self) -> float | None:
        """How long what is left would last at the pace of the last minute; None: nobody draws."""
        while self._draws and self._draws[0][0] < self._clock.now_s() - LAST_S:
            self._draws.popleft()
        drawn_minor = sum(amount for _, amount in self._draws)
        if not drawn_minor:
            return None
        since_s = max(1.0, self._clock.now_s() - self._draws[0][0])
        return self.left_minor * since_s / drawn_minor

    async def _account(self, tx: Tx) -> PoolAccount:
        return await tx.get(PoolAccount, POOL, lock=True) or PoolAccount(id=POOL)

    async def _put(self, tx: Tx, account: PoolAccount, more_minor: int) -> None:
        account = replace(account, drawn_minor=account.drawn_minor + more_minor)
        await tx.put(account)
        self.left_minor = self._size_minor - account.drawn_minor
        self._changed(self.left_minor > 0)
