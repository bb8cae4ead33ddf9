"""Answers of our own records that are lost: the work goes on, and promises are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

from lending_service.book import book
from lending_service.domain import Task
from lending_service.simulated.remote_store import RemoteStore
from lending_service.stores.memory import MemoryStore
from lending_service.stores.port import StoreUnavailable
from tests.unit.lending_service.world import World, design, in_world


class Way:
    """A way to the records on which answers to writes are lost, or which is cut."""

    def __init__(self) -> None:
        self.writes_lost = 0
        self.cut = False

    def free(self, *, write: bool) -> bool:
        """Every answer may be lost."""
        return False

    async def there(self, *, write: bool) -> None:
        """Commands arrive."""
        if self.cut:
            raise ConnectionRefusedError("cut")

    async def back(self, *, write: bool) -> None:
        """Lose the answer, as often as asked."""
        if write and self.writes_lost:
            self.writes_lost -= 1
            raise ConnectionResetError("lost")


class Records(RemoteStore):
    """Records at the end of a way; the answer to one claim can be lost."""

    claim_lost = False

    async def claim(self, kind: str, now_s: float, limit: int, lease_s: float) -> list[Task]:
        """Leased, and nobody learns of it."""
        claimed = await super().claim(kind, now_s, limit, lease_s)
        if claimed and self.claim_lost:
            self.claim_lost = False
            raise StoreUnavailable("the answer to a claim was lost")
        return claimed


def _tell(story: Callable[[World, Records, Way], Awaitable[None]], tries: int = 1) -> None:
    """The story in a world whose records are at the end of a way; a request is tried so often."""

    async def run() -> None:
        world, way = World(design("hardened", mode_trail="memory", records_tries_max=tries)), Way()
        records = Records(world.store, way)
        await world.store.load(book(2, world.clock.now_s()))
        world.store = cast(MemoryStore, records)
        world.service = world._build(1)
        await world.service.start(asyncio.get_running_loop().create_task)
        try:
            await story(world, records, way)
        finally:
            await world.service.stop()

    asyncio.run(run())


def test_a_task_whose_commit_was_not_confirmed_is_done_all_the_same() -> None:
    """X54: the repayment was written and its answer lost; nobody else would wake the relay."""

    async def story(world: World, records: Records, way: Way) -> None:
        way.writes_lost = 1
        status, reply = await world.repay()
        assert (status, reply["code"]) == (503, "outcome_unknown")
        await world.clock.pass_s(1.0)
        assert len(world.third.moved("debit")) == 1

    _tell(story)


def test_a_request_that_a_bad_connection_spoiled_is_done_again_and_counts_once() -> None:
    """X45: the answer to its first commit is lost; the borrower sees nothing of it."""

    async def story(world: World, records: Records, way: Way) -> None:
        way.writes_lost = 1
        status, _ = await world.repay()
        await world.clock.pass_s(1.0)
        assert (status, len(world.third.moved("debit"))) == (202, 1)

    _tell(story, tries=2)


def test_a_claim_whose_answer_was_lost_does_not_wait_for_its_lease() -> None:
    """X54: the task was leased to nobody; a minute later would be far too late."""

    async def story(world: World, records: Records, way: Way) -> None:
        records.claim_lost = True
        _, reply = await world.repay()
        await world.clock.pass_s(2.0)
        assert not records.claim_lost
        assert (await world.get(f"/v1/repayments/{reply['repayment_id']}"))["status"] == "credited"

    _tell(story)


def test_figures_can_be_read_while_the_records_cannot() -> None:
    """R12: whoever watches must see most when most is broken."""

    async def story(world: World, records: Records, way: Way) -> None:
        await world.repay()
        await world.clock.pass_s(0.3)
        way.cut = True
        text = await world.get("/metrics")
        assert 'lending_upstream_calls_total{dependency="payment_a",outcome="ok"} 1' in text
        assert "lending_outbox_depth 0" not in text

    _tell(story)


def test_a_manual_case_promises_no_word_sooner_than_it_can_come() -> None:
    """U2: the next inquiry is ten seconds away; "within five" would be broken each time."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "payout"] = "reply_lost"
        world.third.script["payment_a", "inquire_payment"] = "request_lost"
        _, reply = await world.submit()
        await world.clock.pass_s(60.0)
        for _ in range(15):
            await world.clock.pass_s(1.0)
            app = await world.application(reply["application_id"])
            assert app["status"] == "manual"
            assert app["next_update_by_s"] > world.clock.now_s()

    in_world(design("hardened"), story)
