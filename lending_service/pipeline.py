"""An application's way: score, reserve, pay. One step a function; every step can be resumed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

from msgspec.structs import replace

from lending_service.context import Context
from lending_service.domain import Application, AppState, Borrower, Decision, Exposure
from lending_service.fallback_decision import decide, expose
from lending_service.money import Money
from lending_service.payouts import payout_order
from lending_service.reserving import Reserving
from lending_service.stores.port import Tx
from lending_service.upstreams import Score

S = AppState
RESUMES: dict[AppState, AppState] = {
    S.ACKNOWLEDGED: S.SCORING,
    S.SCORING: S.SCORING,
    S.APPROVED: S.RESERVING,
    S.RESERVING: S.RESERVING,
    S.RESERVED: S.PAYING,
    S.PAYMENT_FAILED: S.PAYING,
}
"""Where an application that is suspended goes on: nothing has been sent for it yet."""
NOT_RESERVED = {
    "refused": "funding_down",
    "short": "quota_used_up",
    "used_up": "pool_used_up",
    "full": "spread_full",
}
WAITING = (S.QUEUED, S.SUSPENDED)
STEPS_MAX = 16  # more than the longest legal way; a loop is a defect
Step = Callable[[Application, int], Awaitable[float | None]]


class Pipeline:
    """Leads applications from state to state until one has to wait."""

    def __init__(self, parts: Context, money: Money, reserving: Reserving) -> None:
        self._parts = parts
        self._money = money
        self._reserving = reserving
        self._steps: dict[AppState, Step] = {
            S.ACKNOWLEDGED: self._score,
            S.SCORING: self._score,
            S.APPROVED: self._reserve,
            S.RESERVING: self._reserve,
            S.RESERVED: self._pay,
            S.PAYING: self._pay,
            S.PAYMENT_FAILED: self._pay,
            S.REVERSING: self._reverse,
        }

    async def process(self, app_id: str, n: int) -> float | None:
        """Lead one application as far as it goes now.

        Args:
            n: how often it has been worked on, this time included.

        Returns:
            seconds until it is to be tried again, or None when somebody else has the next word.
        """
        for _ in range(STEPS_MAX):
            app = await self._parts.store.read(Application, app_id)
            if app is None:
                raise LookupError(f"application {app_id}: no such record; they are never removed")
            step = self._steps.get(app.resume or app.state)
            if step is None:
                return None
            if self._expired(app):
                step = self._expire
            elif code := await self._held(app):
                return await self._suspend(app, n, code)
            wait_s = await step(app, n)
            if wait_s is not None:
                return wait_s
        raise RuntimeError(f"application {app_id}: still moving after {STEPS_MAX} steps")

    async def rescore(self, app_id: str) -> float | None:
        """Have the model look at a stand-in decision; seconds until the next try, or None."""
        app = await self._parts.store.read(Application, app_id)
        caps = self._parts.design.stand_in
        if app is None or app.decision is None or app.decision.rescored or caps is None:
            return None
        score = await self._ask(app)
        if score is None or score == "refused":
            # Half of the promise, so that the first try after recovery is still inside of it.
            return min(self._parts.design.queue_gap_cap_s, caps.rescore_within_s / 2)
        async with self._parts.store.transaction() as tx:
            seen = await tx.get(Application, app_id, lock=True)
            if seen is not None and seen.decision is not None:
                await tx.put(replace(seen, decision=replace(seen.decision, rescored=True)))
                await self._remember(tx, app.borrower, score)
        return None

    async def _score(self, app: Application, n: int) -> float | None:
        score = await self._ask(app)
        if score == "refused" and self._parts.design.risk_down != "approve_all":
            return await self._suspend(app, n, "segment_refused")
        if score is None or score == "refused":
            return await self._without_risk(app, n)
        async with self._parts.store.transaction() as tx:
            seen = await self._same(tx, app)
            if seen is not None:
                await self._decided(
                    tx, seen, score.approve, Decision(by="model", score_age_days=0.0)
                )
                await self._remember(tx, app.borrower, score)
        return None

    async def _held(self, app: Application) -> str | None:
        """Why the application may not go on now, by the policy."""
        if app.state in RESUMES or app.state in WAITING:
            return await self._parts.suspensions.why(app.segment, app.region)
        return None

    async def _suspend(self, app: Application, n: int, code: str) -> float:
        """The application waits until new business like it may go on, and says so."""
        if self._parts.design.submit == "sync":
            return 0.0
        async with self._parts.store.transaction() as tx:
            seen = await self._same(tx, app)
            if seen is not None and seen.state == S.SUSPENDED:
                await tx.put(self._parts.explain(seen, code))
            elif seen is not None:
                resume = seen.resume or RESUMES[seen.state]
                moved = self._parts.move(seen, S.SUSPENDED, code=code, resume=resume)
                await self._parts.save(tx, moved)
        return self._wait_s(n)

    async def _without_risk(self, app: Application, n: int) -> float | None:
        """The risk engine is unreachable: as the design says."""
        how = self._parts.design.risk_down
        if how == "stand_in" and await self._stand_in(app):
            return None
        if how == "approve_all":
            async with self._parts.store.transaction() as tx:
                seen = await self._same(tx, app)
                if seen is not None:
                    await self._decided(tx, seen, True, None)
            return None
        return await self._queue(app, n, S.SCORING, "risk_down")

    async def _stand_in(self, app: Application) -> bool:
        """Whether the application was approved under the caps (or is no longer waiting)."""
        caps, now_s = self._parts.design.stand_in, self._parts.clock.now_s()
        assert caps is not None, "from_mapping requires caps for stand_in"
        async with self._parts.store.transaction() as tx:
            seen = await self._same(tx, app)
            if seen is None:
                return True
            everybody, user = await self._exposures(tx, app.borrower)
            borrower = await tx.get(Borrower, app.borrower)
            verdict = decide(caps, borrower, app.amount_minor, user, everybody, now_s)
            if not verdict.approve:
                return False
            await tx.put(expose(everybody, app.amount_minor))
            await tx.put(expose(user, app.amount_minor))
            decision = Decision(by="stand_in", score_age_days=verdict.score_age_days)
            await self._decided(tx, seen, True, decision)
            await tx.enqueue("rescore", app.id, now_s + self._parts.design.queue_gap_s)
        return True

    async def _exposures(self, tx: Tx, borrower: str) -> tuple[Exposure, Exposure]:
        """Of everybody and of one borrower. The first one's lock orders all stand-in decisions."""
        everybody = await tx.get(Exposure, "global", lock=True)
        user_id = f"user/{borrower}"
        user = await tx.get(Exposure, user_id, lock=True)
        return everybody or Exposure(id="global"), user or Exposure(id=user_id)

    async def _reserve(self, app: Application, n: int) -> float | None:
        result = await self._reserving.reserve(app)
        if result == "reserved":
            return None
        code = NOT_RESERVED.get(result, "funding_unclear")
        return await self._queue(app, n, S.RESERVING, code)

    async def _pay(self, app: Application, n: int) -> float | None:
        result = await self._money.run(payout_order(app))
        if result == "refused":
            return await self._queue(app, n, S.PAYING, "payment_down")
        if result == "failed":
            return await self._give_up(app)
        return None

    async def _give_up(self, app: Application) -> float | None:
        """No gateway takes the payout: back, or (in the request itself) no more than an error."""
        sync = self._parts.design.submit == "sync"
        async with self._parts.store.transaction() as tx:
            seen = await tx.get(Application, app.id, lock=True)
            if seen is not None and seen.state in (S.PAYING, S.PAYMENT_FAILED):
                states = (S.PAYMENT_FAILED,) if sync else (S.PAYMENT_FAILED, S.REVERSING)
                await self._parts.save(tx, self._parts.move(seen, *states))
        return 0.0 if sync else None

    async def _reverse(self, app: Application, n: int) -> float | None:
        if not await self._reserving.release_all(app):
            async with self._parts.store.transaction() as tx:
                seen = await self._same(tx, app)
                if seen is not None:
                    await tx.put(self._parts.explain(seen))
            return self._wait_s(n)
        async with self._parts.store.transaction() as tx:
            seen = await self._same(tx, app)
            if seen is not None:
                await self._parts.save(tx, self._parts.move(seen, S.REVERSED))
        return None

    async def _queue(self, app: Application, n: int, resume: AppState, code: str) -> float:
        """The application waits and says why; in the request itself there is no waiting."""
        if self._parts.design.submit == "sync":
            if resume == S.PAYING:
                await self._give_up(app)
            return 0.0
        async with self._parts.store.transaction() as tx:
            seen = await tx.get(Application, app.id, lock=True)
            if seen is not None and seen.state == S.QUEUED:
                await tx.put(self._parts.explain(seen, code))
            elif seen is not None and seen.state in (
                S.ACKNOWLEDGED,
                resume,
                S.PAYMENT_FAILED,
                S.SUSPENDED,
            ):
                way = (S.SCORING,) if seen.state == S.ACKNOWLEDGED else ()
                await self._parts.save(
                    tx, self._parts.move(seen, *way, S.QUEUED, code=code, resume=resume)
                )
        return self._wait_s(n)

    def _expired(self, app: Application) -> bool:
        age_s = self._parts.clock.now_s() - app.created_s
        return app.state in WAITING and age_s > self._parts.design.queue_expiry_s

    async def _expire(self, app: Application, n: int) -> float | None:
        """Waited too long: a "no" that says whose fault it was, and nothing stays held."""
        async with self._parts.store.transaction() as tx:
            seen = await self._same(tx, app)
            if seen is not None:
                end = S.DECLINED if seen.resume == S.SCORING else S.REVERSING
                code = "suspended_expired" if seen.state == S.SUSPENDED else "expired"
                await self._parts.save(tx, self._parts.move(seen, end, code=code))
        return None

    async def _decided(
        self, tx: Tx, app: Application, approve: bool, decision: Decision | None
    ) -> None:
        end = S.APPROVED if approve else S.DECLINED
        app = self._parts.move(app, S.SCORING, end)
        await self._parts.save(tx, replace(app, decision=decision))

    async def _ask(self, app: Application) -> Score | Literal["refused"] | None:
        if not await self._parts.guard.trusted():
            return None
        return await self._parts.risk.score(
            app.id, app.borrower, app.segment, app.region, app.amount_minor
        )

    async def _remember(self, tx: Tx, borrower: str, score: Score) -> None:
        known = await tx.get(Borrower, borrower, lock=True) or Borrower(id=borrower)
        now_s = self._parts.clock.now_s()
        await tx.put(replace(known, score=score.score, score_as_of_s=now_s))

    async def _same(self, tx: Tx, app: Application) -> Application | None:
        """The application, locked, if it still is where this step found it."""
        seen = await tx.get(Application, app.id, lock=True)
        return seen if seen is not None and seen.state == app.state else None

    def _wait_s(self, n: int) -> float:
        design = self._parts.design
        return self._parts.pause_s(design.queue_gap_s, design.queue_gap_cap_s, n)
