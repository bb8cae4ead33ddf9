"""A service holds its records to the files of others: what it asks, shows and leaves alone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from lending_service.domain import Payment, Reservation
from lending_service.policy import Policy
from lending_service.ports import NoReply, Reply
from lending_service.reconciliation import Reconciliation
from lending_service.reconciling import ReconcileRule
from lending_service.stores.memory import MemoryStore
from tests.unit.lending_service.world import FakeClock, design

pytestmark = pytest.mark.unit
RULE = ReconcileRule(period_s=5.0, gap_s=1.0, late_after_s=3.0)
PAID = Payment(
    id="pay-1", kind="payout", owner="app-1", reference="loan-1", gateway="payment_a",
    amount_minor=500, party="b-0001", created_s=100.5, status="success", settled_s=101.0,
)  # fmt: skip
HELD = Reservation(id="res-1", application_id="app-1", funder="funding_a", amount_minor=500)


class Desk:
    """A service's reconciliation over files that a test writes; time begins at 100 s."""

    def __init__(self) -> None:
        self.clock, self.store = FakeClock(), MemoryStore()
        self.files: dict[tuple[str, int], dict[str, int] | dict[str, Any]] = {}
        self.asked: list[tuple[str, int]] = []
        self.told: list[str] = []
        self.open()

    def open(self) -> None:
        """Begin, or begin again over the same records."""
        dice = random.Random(1)
        self.policy = policy = Policy(design("hardened"), self, self.clock, dice, lambda *_: None)
        parties = ["payment_a", "payment_b"], ["funding_a"]
        self.desk = Reconciliation(
            RULE, *parties, self.store, self.clock, policy, lambda _, text: self.told.append(text)
        )
        self.desk.start(asyncio.get_running_loop().create_task)

    async def call(self, dependency: str, method: str, path: str, *_: object) -> Reply:
        """The file that there is."""
        if "files" not in path:
            return Reply(200, {})
        number = int(path.rpartition("/")[2])
        self.asked.append((dependency, number))
        amounts = self.files.get((dependency, number))
        if amounts is None:
            raise NoReply(dependency)
        lines = [{"request_id": id_, "amount_minor": n} for id_, n in amounts.items()]
        totals = {"count": len(lines), "total_minor": sum(amounts.values())}
        return Reply(200, {"period": number, **totals, "lines": lines})

    async def write(self, *records: Payment | Reservation) -> None:
        """Put records where they are."""
        async with self.store.transaction() as tx:
            for record in records:
                await tx.put(record)

    def open_breaks(self) -> list[tuple[str, int, str, float]]:
        """Sender, period, kind and age."""
        now_s = self.clock.now_s()
        return [(who, n, one.kind, now_s - one.since_s) for who, n, one in self.desk.breaks()]


def at_the_desk(story: Callable[[Desk], Awaitable[None]]) -> None:
    """Play it."""

    async def play() -> None:
        desk = Desk()
        await story(desk)
        await desk.desk.stop()

    asyncio.run(play())


def test_whoever_was_never_asked_for_money_is_not_asked_for_files() -> None:
    """A fault at somebody idle stays unseen; the others are asked once for each period."""

    async def story(desk: Desk) -> None:
        await desk.policy.once("payment_a", "POST", "/v1/payouts", {})
        desk.files = {("payment_a", n): {} for n in range(20, 24)}
        await desk.clock.pass_s(16.0)
        assert desk.asked == [("payment_a", n) for n in (20, 21, 22)]
        assert desk.desk.ages_s() == {"payment_a": 0.0}

    at_the_desk(story)


def test_a_wrong_file_is_a_break_until_it_is_true_and_our_records_stay() -> None:
    """Found within a gap, explained once, aged, also over a restart; no file corrects us."""

    async def story(desk: Desk) -> None:
        await desk.policy.once("payment_a", "POST", "/v1/payouts", {})
        await desk.write(PAID)
        desk.files["payment_a", 20] = {"pay-1": 501}
        await desk.clock.pass_s(8.0)
        assert desk.open_breaks() == [("payment_a", 20, "amount_differs", 3.0)]
        assert [*desk.desk.counts().items()] == [(("payment_a", "amount_differs"), 1)]
        explained = "payment_a, period 20: amount_differs pay-1, ours 500, theirs 501"
        assert desk.told == [explained]
        await desk.desk.stop()
        desk.open()
        await desk.clock.pass_s(1.0)
        assert desk.open_breaks() == [("payment_a", 20, "amount_differs", 4.0)]
        assert desk.told == [explained]
        assert await desk.store.read(Payment, "pay-1") == PAID
        desk.files["payment_a", 20] = {"pay-1": 500}
        await desk.clock.pass_s(1.0)
        assert desk.open_breaks() == []

    at_the_desk(story)


def test_what_is_under_way_with_us_is_no_break_until_it_is_late() -> None:
    """A commit whose answer was lost is asked about anyway; one that nobody clears up is told."""

    async def story(desk: Desk) -> None:
        await desk.policy.once("funding_a", "POST", "/v1/reservations", {})
        await desk.write(reserved := replace(HELD, status="reserved"))
        desk.files["funding_a", 20] = {"res-1": 500}
        await desk.clock.pass_s(7.5)
        assert desk.open_breaks() == []
        await desk.clock.pass_s(1.0)
        assert desk.open_breaks() == [("funding_a", 20, "missing_with_us", 0.5)]
        await desk.write(replace(reserved, status="committed"))
        await desk.clock.pass_s(1.0)
        assert desk.open_breaks() == []

    at_the_desk(story)


def test_a_file_that_does_not_come_is_late_and_changes_nothing() -> None:
    """It is asked for again at each gap, and the later ones only once it is there."""

    async def story(desk: Desk) -> None:
        await desk.policy.once("payment_a", "POST", "/v1/payouts", {})
        await desk.write(PAID)
        await desk.clock.pass_s(7.0)
        assert desk.open_breaks() == []
        await desk.clock.pass_s(4.0)
        assert desk.open_breaks() == [("payment_a", 20, "late", 3.0)]
        assert {*desk.asked} == {("payment_a", 20)}
        desk.files = {("payment_a", 20): {"pay-1": 500}, ("payment_a", 21): {}}
        await desk.clock.pass_s(1.1)
        assert desk.open_breaks() == []
        assert desk.asked[-2:] == [("payment_a", 20), ("payment_a", 21)]

    at_the_desk(story)
