"""Money set aside at one funder: reserved, released, committed; never at two at once."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from lending_service.context import Context
from lending_service.domain import Application, AppState, Reservation
from lending_service.funding_order import funder_order
from lending_service.reserve_pool import POOL
from lending_service.stores.port import Tx
from lending_service.upstreams import ReserveResult

S = AppState
RESERVABLE = (S.APPROVED, S.RESERVING)
PAID_OUT = (S.ACTIVE, S.SETTLED)
TAKEN = ("reserved", "committed")
COUNTED = ("unknown", *TAKEN)
NOT_HERE = ("refused", "short", "full")


class Reserving:
    """Reservations of applications, over funders as the design says."""

    def __init__(self, parts: Context) -> None:
        self._parts = parts

    async def reserve(self, app: Application) -> ReserveResult:
        """Reserve at the first funder that does.

        Returns:
            reserved, at a funder or in the reserve; refused (nothing is held anywhere); used_up
            (nor is there enough in the reserve); full (a cap forbids it to somebody who might);
            short (nobody has enough of a quota left); unknown (one funder may hold it: that one is
            cleared up before any other is asked).
        """
        results = set[ReserveResult]()
        for funder in await self._order(app):
            if await self._parts.suspensions.why(app.segment, app.region, funder):
                continue
            result = await self._at(app, funder)
            if result not in NOT_HERE:
                return result
            results.add(result)
        if "full" in results:
            return "full"
        if results == {"short"}:
            return "short"
        return await self._drawn(app) if self._parts.pool.may_draw(app) else "refused"

    async def release_all(self, app: Application) -> bool:
        """Give back whatever is or may be held; whether nothing is held any more."""
        for funder in self._parts.funders:
            held = await self._parts.store.read(Reservation, reservation_id(app, funder))
            if held is None or held.status not in ("reserved", "unknown"):
                continue
            closed = await self._parts.funding.close(held, "release")
            if closed not in ("done", "not_found"):
                return False
            await self._leave(app, held, "released")
        if self._parts.design.pool is not None:
            async with self._parts.store.transaction() as tx:
                await self._parts.pool.give_back(tx, reservation_id(app, POOL))
        return True

    async def commit(self, id_: str, n: int) -> float | None:
        """Tell the funder that its money was paid out; seconds until the next try, or None."""
        held = await self._parts.store.read(Reservation, id_)
        if held is None or held.status in ("committed", "released"):
            return None
        if held.funder == POOL or held.status == "withdrawn":
            return await self._taken_over(held, n)
        closed = await self._parts.funding.close(held, "commit")
        if closed == "unavailable":
            return self._pause_s(n)
        if closed != "done":
            if not await self._parts.funding.stepped_back(held):
                raise ValueError(f"commit of {id_} at {held.funder}: {closed}; the books disagree")
            await self._leave(await self._application(held), held, "withdrawn")
            return await self._taken_over(held, n)
        async with self._parts.store.transaction() as tx:
            settled_s = self._parts.funding.settled_s.pop(id_, None)
            await tx.put(replace(held, status="committed", settled_s=settled_s))
        return None

    async def _drawn(self, app: Application) -> ReserveResult:
        """Take it from the reserve, which nobody has to be asked for."""
        held = Reservation(
            id=reservation_id(app, POOL),
            application_id=app.id,
            funder=POOL,
            amount_minor=app.amount_minor,
            status="reserved",
        )
        async with self._parts.store.transaction() as tx:
            seen = await tx.get(Application, app.id, lock=True)
            if seen is None or seen.state != S.RESERVING:
                return "refused"
            if not await self._parts.pool.draw(tx, held):
                return "used_up"
            moved = self._parts.move(seen, S.RESERVED)
            await self._parts.save(tx, replace(moved, reservation_id=held.id))
        return "reserved"

    async def _taken_over(self, held: Reservation, n: int) -> float | None:
        """A funder pays for what was drawn, or for what another one stepped back from; a reserve
        that paid meanwhile has its money back."""
        funder = await self._funder_for(await self._application(held))
        wait_s = self._pause_s(n) if funder is None else await self.commit(funder, n)
        if wait_s is None:
            async with self._parts.store.transaction() as tx:
                await self._parts.pool.give_back(tx, held.id)
        return wait_s

    async def _funder_for(self, app: Application) -> str | None:
        """The reservation at a funder that has set the money aside by now, or does so."""
        order = []
        for funder in await self._order(app):
            known = await self._parts.store.read(Reservation, reservation_id(app, funder))
            if known is not None and known.status in TAKEN:
                return known.id
            if known is None or known.status != "withdrawn":
                order.append(funder)
        for funder in order:
            if await self._parts.suspensions.why(app.segment, app.region, funder):
                continue
            result = await self._at(app, funder)
            if result not in NOT_HERE:
                return reservation_id(app, funder) if result == "reserved" else None
        return None

    def _pause_s(self, n: int) -> float:
        design = self._parts.design
        return self._parts.pause_s(design.queue_gap_s, design.queue_gap_cap_s, n)

    async def _order(self, app: Application) -> list[str]:
        """A funder that may hold the money comes first."""
        design = self._parts.design
        shares = design.spread.shares if design.spread else None
        usual = funder_order(self._parts.funders, app.id, design.funding, shares)
        order = await self._parts.quotas.low_last(usual)
        if app.state == S.APPROVED:
            return order
        clear: list[str] = []
        unclear: list[str] = []
        for funder in order:
            known = await self._parts.store.read(Reservation, reservation_id(app, funder))
            doubtful = known is not None and known.status == "unknown"
            (unclear if doubtful else clear).append(funder)
        return unclear + clear

    async def _at(self, app: Application, funder: str) -> ReserveResult:
        asked = Reservation(
            id=reservation_id(app, funder),
            application_id=app.id,
            funder=funder,
            amount_minor=app.amount_minor,
        )
        known = await self._open(asked)
        if known == "full":
            return "full"
        if known == "used_up":
            await self._parts.quotas.look(asked.funder)
            return "short"
        if known == "unknown":
            result = await self._clear_up(asked)
        else:
            result = await self._parts.funding.reserve(asked)
            if result == "not_taken":
                result = "refused"
            elif result == "unknown" and self._parts.design.unknown_payment == "inquire":
                result = await self._clear_up(asked)
        await self._settle(asked, "refused" if result == "short" else result)
        if result == "short":
            await self._parts.quotas.look(funder)
        return result

    async def _clear_up(self, asked: Reservation) -> ReserveResult:
        """What an unknown reservation came to; one that never arrived is sent again, same id.

        A second call that was not taken says nothing of the first one: it may be on its way still.
        """
        result = await self._parts.funding.inquire(asked)
        if result == "not_found":
            result = await self._parts.funding.reserve(asked)
        return "unknown" if result == "not_taken" else result

    async def _open(self, asked: Reservation) -> str | None:
        """Write the call down before it is made; the status it had, or why it is not made."""
        async with self._parts.store.transaction() as tx:
            app = await self._locked(tx, asked)
            known = await tx.get(Reservation, asked.id, lock=True)
            if app.state not in (S.RESERVING, *PAID_OUT):
                await self._parts.save(tx, self._parts.move(app, S.RESERVING))
            counted = known is not None and known.status in COUNTED
            if not counted:
                quota_minor = self._parts.funding.quotas_minor.get(asked.funder)
                room = await self._parts.spread.take(tx, app, asked.funder, quota_minor)
                if room != "room":
                    return room
            await tx.put(known if known is not None and known.status in TAKEN else asked)
        return None if known is None else known.status

    async def _settle(self, asked: Reservation, result: ReserveResult) -> None:
        async with self._parts.store.transaction() as tx:
            app = await self._locked(tx, asked)
            known = await tx.get(Reservation, asked.id, lock=True)
            kept = known is not None and known.status in TAKEN
            if result == "reserved":
                await tx.put(replace(asked, status="reserved"))
                if app.state == S.RESERVING:
                    moved = self._parts.move(app, S.RESERVED)
                    await self._parts.save(tx, replace(moved, reservation_id=asked.id))
                if not kept:
                    await self._parts.spread.keep(tx, app)
            elif result == "refused":
                await tx.put(replace(asked, status="refused"))
                await self._parts.spread.give_back(tx, app, asked.funder, kept=kept)

    async def _leave(
        self, app: Application, held: Reservation, status: Literal["released", "withdrawn"]
    ) -> None:
        """The funder holds nothing for it any more."""
        async with self._parts.store.transaction() as tx:
            await tx.put(replace(held, status=status))
            kept = held.status in TAKEN
            await self._parts.spread.give_back(tx, app, held.funder, kept=kept)

    async def _locked(self, tx: Tx, held: Reservation) -> Application:
        app = await tx.get(Application, held.application_id, lock=True)
        assert app is not None, held.application_id
        return app

    async def _application(self, held: Reservation) -> Application:
        app = await self._parts.store.read(Application, held.application_id)
        assert app is not None, held.application_id
        return app


def reservation_id(app: Application, funder: str) -> str:
    """The request id of an application's reservation at one funder."""
    return f"res-{app.id.removeprefix('app-')}-{funder}"
