"""Services of somebody else run in the simulation as they are."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.ports import Capability, Toxic, UndoRecord
from harness.runtimes.sim.runtime import SimRuntime
from harness.runtimes.sim.service_context import find_factory
from harness.target import Answer, Request
from tests.sim.a_world import in_shop

RUNNING = {"state": "running"}


def order(key: str) -> Request:
    """One order."""
    return Request("POST", "/orders", body={"key": key}, timeout_s=2.0)


async def stock(runtime: SimRuntime) -> Answer:
    """What the back knows."""
    return await runtime.ask("back", Request("GET", "/stock"))


def test_an_order_goes_through_two_foreign_services() -> None:
    """Lifespan, state, httpx and JSON work without a socket."""

    async def story(runtime: SimRuntime) -> None:
        answer = await runtime.ask("front", order("a"))
        assert (answer.status, answer.body) == (200, {"sold": 1})

    in_shop(story)


def test_httpx_sees_the_errors_that_it_sees_on_sockets() -> None:
    """Refused is a ConnectError; a lost reply is a time-out, and the order was taken."""

    async def story(runtime: SimRuntime) -> None:
        links = runtime.capability(Capability.LINKS)
        await links.set_enabled("front->back", False)
        assert (await runtime.ask("front", order("a"))).body == {"error": "not sent"}
        await links.set_enabled("front->back", True)
        await links.add_toxic("front->back", Toxic("timeout", "downstream", {"timeout": 0}))
        assert (await runtime.ask("front", order("b"))).body == {"error": "ReadTimeout"}
        assert (await stock(runtime)).body["sold"] == ["b"]

    in_shop(story)


def test_a_crash_leaves_what_is_on_the_disk() -> None:
    """Memory and background work are gone; what was made durable is there."""

    async def story(runtime: SimRuntime) -> None:
        processes = runtime.capability(Capability.PROCESSES)
        await runtime.ask("front", order("a"))
        await runtime.clock.sleep(3.0)
        before = await stock(runtime)
        for service in ("back", "front"):
            await processes.kill(service)
        assert (await stock(runtime)).error == "refused"
        for service in ("back", "front"):
            record = UndoRecord(Capability.PROCESSES, service, RUNNING)
            await processes.undo(record)
            assert await processes.undone(record)
        after = await stock(runtime)
        assert before.body["ticks"] > after.body["ticks"] == 0
        assert after.body["sold"] == ["a"]
        assert (await runtime.ask("front", Request("GET", "/taken"))).body == {"taken": 0}

    in_shop(story)


def test_a_paused_service_goes_on_where_it_stood() -> None:
    """Its timers do not run and its requests wait; afterwards it answers them."""

    async def story(runtime: SimRuntime) -> None:
        processes = runtime.capability(Capability.PROCESSES)
        before = (await stock(runtime)).body["ticks"]
        await processes.pause("back")
        assert (await runtime.ask("front", order("late"))).body == {"error": "ReadTimeout"}
        await runtime.clock.sleep(10.0)
        await processes.undo(UndoRecord(Capability.PROCESSES, "back", RUNNING))
        after = await stock(runtime)
        assert after.body["sold"] == ["late"]
        assert after.body["ticks"] <= before + 1

    in_shop(story)


def test_an_application_that_raises_is_a_500() -> None:
    """A defect of a service is its answer, not the end of the simulation."""

    async def story(runtime: SimRuntime) -> None:
        assert (await runtime.ask("back", Request("GET", "/broken"))).status == 500

    in_shop(story)


def test_a_service_without_a_factory_is_named() -> None:
    """The error says which service, and how a factory is written."""
    with pytest.raises(ConfigError, match=r"service x: simulated.*module:function"):
        find_factory("x", "")
