"""A database with a standby in the simulation: what each fault does to it, and what undo means."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chaos.targets.reference import TARGET
from harness.errors import UnsupportedFault
from harness.ports import Capability, Observation, UndoRecord
from harness.prepare import load_design
from harness.registry import load_vocabulary
from harness.runtimes.sim.loop import run
from harness.runtimes.sim.replication import SimReplication
from harness.runtimes.sim.runtime import SimRuntime
from harness.target import Call
from tests.sim.a_world import in_shop

DATABASE = "database"
REQUEST = {
    "borrower": "b-0001",
    "segment": "consumer",
    "region": "north",
    "amount_minor": 100_000,
    "term_months": 6,
}
Story = Callable[[SimRuntime, SimReplication], Coroutine[Any, Any, None]]


def play(story: Story, **design: Any) -> None:
    """A story on the reference service, hardened but for what `design` says."""

    async def body() -> None:
        runtime = SimRuntime(1, "token-of-the-test")
        await runtime.start(TARGET, {**load_design("hardened", load_vocabulary()), **design})
        await story(runtime, runtime.capability(Capability.REPLICATION))
        assert await runtime.stop() == []

    run(body(), 1)


async def submit(runtime: SimRuntime, key: str) -> tuple[str | None, float]:
    """An application's id, or None when it was not acknowledged; and how long that took, s."""
    begun_s = runtime.clock.now_s()
    answer = await runtime.ask("lending", TARGET.request(Call("submit", key, REQUEST)))
    app_id = answer.body["application_id"] if answer.status == 202 else None
    return app_id, runtime.clock.now_s() - begun_s


async def found(runtime: SimRuntime, app_id: str | None) -> int | None:
    """The status code of a look at an application."""
    read = Call("application", str(app_id))
    return (await runtime.ask("lending", TARGET.request(read))).status


async def healed(control: SimReplication, record: UndoRecord) -> Observation:
    """Undone, twice, and proven; what is seen then."""
    await control.undo(record)
    await control.undo(record)
    assert await control.undone(record)
    return await control.observe(DATABASE)


async def record_of(control: SimReplication) -> UndoRecord:
    """What undoes whatever comes."""
    return UndoRecord(Capability.REPLICATION, DATABASE, await control.healthy(DATABASE))


def test_a_lost_primary_takes_with_it_what_no_commit_waited_for() -> None:
    """Asynchronous: told yes, then "there is no such application"; after the undo a whole set."""

    async def story(runtime: SimRuntime, control: SimReplication) -> None:
        early, _ = await submit(runtime, "early")
        record = await record_of(control)
        await control.lose_primary(DATABASE, 0.5)
        await runtime.clock.sleep(0.1)
        late, _ = await submit(runtime, "late")
        assert await found(runtime, late) == 200
        await runtime.clock.sleep(0.5)
        seen = await control.observe(DATABASE)
        assert (seen.canary, await found(runtime, early)) == ("refused", 503)
        assert not await control.undone(record)
        after = await healed(control, record)
        assert (after.canary, after.state["timeline"], after.state["lag_s"]) == ("ok", 2, 0.0)
        assert after.since(seen, "lost") == 0 < seen.counts["lost"]
        assert [await found(runtime, one) for one in (early, late)] == [200, 404]

    play(story, synchronous_commit="local")


def test_a_primary_that_was_healed_before_its_time_stays() -> None:
    """A run that is stopped early leaves nothing that goes off later."""

    async def story(runtime: SimRuntime, control: SimReplication) -> None:
        record = await record_of(control)
        await control.lose_primary(DATABASE, 0.5)
        await healed(control, record)
        await runtime.clock.sleep(1.0)
        seen = await control.observe(DATABASE)
        assert (seen.canary, seen.state["timeline"]) == ("ok", 1)

    play(story)


def test_a_lagging_standby_makes_synchronous_commits_slow_and_nothing_else() -> None:
    """The price of the defence; readers see what was acknowledged."""

    async def story(runtime: SimRuntime, control: SimReplication) -> None:
        record = await record_of(control)
        await control.set_lag(DATABASE, 0.4, "receive")
        app_id, took_s = await submit(runtime, "k")
        assert 0.4 <= took_s < 0.5
        assert await found(runtime, app_id) == 200
        await healed(control, record)
        assert (await submit(runtime, "l"))[1] < 0.1

    play(story)


def test_without_a_standby_that_follows_a_synchronous_design_acknowledges_nothing() -> None:
    """Two primaries: the old one has nobody to wait for, and that is the fence."""

    async def story(runtime: SimRuntime, control: SimReplication) -> None:
        record = await record_of(control)
        await control.split(DATABASE)
        app_id, took_s = await submit(runtime, "k")
        assert (app_id, 2.0 <= took_s < 2.1) == (None, True)
        assert (await control.observe(DATABASE)).state["split"]
        after = await healed(control, record)
        assert (after.state["timeline"], after.state["split"]) == (2, False)
        again, _ = await submit(runtime, "k")
        assert await found(runtime, again) == 200

    play(story)


def test_of_two_primaries_an_asynchronous_design_believes_the_wrong_one() -> None:
    """It acknowledges, and when the partition heals it is gone."""

    async def story(runtime: SimRuntime, control: SimReplication) -> None:
        record = await record_of(control)
        await control.split(DATABASE)
        app_id, _ = await submit(runtime, "k")
        assert await found(runtime, app_id) == 200
        await healed(control, record)
        assert await found(runtime, app_id) == 404

    play(story, synchronous_commit="local")


def test_who_reads_from_a_standby_that_is_behind_does_not_find_his_own_wish() -> None:
    """Until it has caught up."""

    async def story(runtime: SimRuntime, control: SimReplication) -> None:
        record = await record_of(control)
        await control.set_lag(DATABASE, 60.0, "receive")
        app_id, _ = await submit(runtime, "k")
        assert await found(runtime, app_id) == 404
        await healed(control, record)
        assert await found(runtime, app_id) == 200

    play(story, synchronous_commit="local", reads_from="standby")


def test_a_service_without_a_standby_is_refused_before_anything_is_done() -> None:
    """Also where no service of the target keeps a pair."""

    async def in_a_shop(runtime: SimRuntime) -> None:
        control = runtime.capability(Capability.REPLICATION)
        with pytest.raises(UnsupportedFault, match="back has no standby; with one: nothing"):
            await control.healthy("back")

    async def story(runtime: SimRuntime, control: SimReplication) -> None:
        with pytest.raises(UnsupportedFault, match="lending has no standby; with one: database"):
            await control.healthy("lending")

    in_shop(in_a_shop)
    play(story)
