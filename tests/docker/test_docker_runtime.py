"""A run in containers: closed to the outside, bounded, and gone without a trace."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chaos.targets.reference import TARGET
from harness.clock import RunClock, monotonic_ns, poll
from harness.errors import RuntimeFailure
from harness.ports import Capability, Exit
from harness.runtimes.docker.attach import alive
from harness.runtimes.docker.cleanup import end_run
from harness.runtimes.docker.engine import RUN, Engine, connect
from harness.runtimes.docker.images import Images
from harness.runtimes.docker.runtime import DockerRuntime
from harness.target import Request
from tests.docker.a_run import a_runtime, hardened, in_loop, objects_of, started


def inspected(mark: str) -> dict[str, Any]:
    """What the engine says of each container of a run, by hostname."""
    client = connect()
    try:
        found = client.containers.list(all=True, filters={"label": f"{RUN}={mark}"})
        return {one.attrs["Config"]["Hostname"]: one.attrs for one in found}
    finally:
        client.close()


async def only_an_end_that_nobody_asked_for_is_told(runtime: DockerRuntime) -> None:
    """A crash and its undo say nothing; `docker kill` does, once, with the last words."""
    processes = runtime.capability(Capability.PROCESSES)
    site = runtime._running()
    site.exits.listen()
    await processes.kill("funding_b")
    await processes.let_run("funding_b")
    await asyncio.to_thread((await site.engine.container("funding_c")).kill)
    told: list[Exit] = []

    def heard() -> bool:
        told.extend(runtime.unasked_exits())
        return bool(told)

    assert await poll(heard, runtime.clock, within_s=10.0)
    assert [(one.program, one.code, one.signalled) for one in told] == [("funding_c", 137, True)]
    assert "exited with exit code 137" in told[0].last_words


def test_everything_answers_is_closed_to_the_outside_and_goes(
    tmp_path: Path, images: Images
) -> None:
    """Every service answers; no rights, no root, read-only, bounded, on loopback alone."""

    async def body() -> None:
        async with started(tmp_path, images) as runtime:
            for service in TARGET.services:
                if service.module:
                    answer = await runtime.ask(service.name, Request("GET", service.ready_path))
                    assert answer.status == 200, service.name
            state = runtime.recovery_state()
            found = inspected(state["mark"])
            assert found.keys() == {"toxiproxy", "disk", *(s.name for s in TARGET.services)}
            for name, attrs in found.items():
                host, config = attrs["HostConfig"], attrs["Config"]
                assert config["User"].split(":")[0] not in ("", "0", "root"), name
                assert host["ReadonlyRootfs"], name
                assert host["CapDrop"] == ["ALL"], name
                assert host["Memory"] > 0, name
                assert host["PidsLimit"] > 0, name
                published = [p for ports in (host["PortBindings"] or {}).values() for p in ports]
                assert all(port["HostIp"] == "127.0.0.1" for port in published), name
            assert await runtime.capability(Capability.LINKS).snapshot("lending->risk")
            await only_an_end_that_nobody_asked_for_is_told(runtime)
        assert objects_of(tmp_path) == []
        assert alive(state) == []

    in_loop(body)


def test_a_container_that_dies_at_start_is_named_with_its_last_words(
    tmp_path: Path, images: Images
) -> None:
    """What was awaited, how it ended, what it said; and nothing is left."""

    async def body() -> None:
        with pytest.raises(RuntimeFailure) as caught:
            await a_runtime(tmp_path, images).start(TARGET, {**hardened(), "tries_max": -1})
        text = str(caught.value)
        assert text.startswith("lending: awaited GET http://198.1"), text
        assert "/readyz -> 200" in text
        assert "exited with exit code 2" in text
        assert "tries_max" in text

    in_loop(body)
    assert objects_of(tmp_path) == []


def test_an_image_that_is_missing_is_named_with_its_remedy(tmp_path: Path, images: Images) -> None:
    """A source file changed, or nobody made it yet."""
    absent = replace(images, toxiproxy="chaos-harness/toxiproxy:none")

    async def body() -> None:
        with pytest.raises(RuntimeFailure, match=r"toxiproxy.*harness images build"):
            await a_runtime(tmp_path, absent).start(TARGET, hardened())

    in_loop(body)
    assert objects_of(tmp_path) == []


def test_a_subnet_that_is_taken_is_passed_over(images: Images) -> None:
    """Somebody else's network is not fought for."""

    async def body() -> None:
        one, other = Engine("test-subnet-one"), Engine("test-subnet-other")
        try:
            assert await one.make_network("chaos-harness-test-one", "198.19.254.0/26")
            assert not await other.make_network("chaos-harness-test-other", "198.19.254.0/26")
        finally:
            for engine in (one, other):
                for network in await engine.networks():
                    await engine.remove(network)
                engine.close()

    in_loop(body)


def test_a_network_goes_though_somebody_is_on_it_who_is_not_the_runs(
    tmp_path: Path, images: Images
) -> None:
    """He is taken off and lives on: an engine does not remove a network that somebody is on."""
    mark, state = "test-guest", {"mark": "test-guest", "run_dir": str(tmp_path), "data_dir": ""}
    client = connect()
    guest = client.containers.create(images.programs, ["sleep", "60"], entrypoint=[])

    async def body() -> None:
        engine = Engine(mark)
        try:
            assert await engine.make_network("chaos-harness-test-guest", "198.19.253.0/26")
            (network,) = await engine.networks()
            network.connect(guest)
            guest.start()
            assert await end_run(state, engine, RunClock(monotonic_ns())) == []
            guest.reload()
            assert guest.status == "running"
        finally:
            engine.close()

    try:
        in_loop(body)
    finally:
        guest.remove(force=True)
        client.close()
