"""Machines that a run in containers cannot have: cause, place, remedy, exit 4, nothing left."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from chaos.targets.reference import TARGET
from harness.errors import RuntimeFailure
from harness.runtimes.docker import runtime
from harness.runtimes.docker.engine import Engine
from harness.runtimes.docker.images import Images
from harness.runtimes.real.loopback import PortBlock, take_ports
from tests.docker.a_run import a_runtime, hardened, in_loop, objects_of

HARNESS = Path(sys.executable).with_name("harness")
TAKEN = "198.19.254.64/26"


def refused(folder: Path, env: Mapping[str, str]) -> str:
    """What `harness run` says, beside no other run; nothing of it may be left."""
    done = subprocess.run(
        [HARNESS, "run", "X01", "--runtime", "docker", "--seed", "7", "--runs", str(folder)],
        env={**os.environ, **env, "COLUMNS": "1000", "HARNESS_CACHE": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4, done.stdout + done.stderr
    for recovery in folder.rglob("recovery.json"):
        assert objects_of(recovery.parent) == []
    return " ".join((done.stdout + done.stderr).split())


def test_without_an_engine_a_run_says_which_socket_and_how_to_get_one(tmp_path: Path) -> None:
    """The first thing that people on a bare machine read."""
    said = refused(tmp_path, {"DOCKER_HOST": "unix:///nowhere/docker.sock"})
    assert "/nowhere/docker.sock: no Docker engine answers (No such file or directory)" in said
    assert "start a Docker engine" in said


def test_an_image_that_is_not_made_is_named(tmp_path: Path, images: Images) -> None:
    """Another parent asks for images of other names."""
    said = refused(tmp_path, {"HARNESS_BASE_IMAGE": "nobody/none:1"})
    assert "no image chaos-harness/programs:" in said
    assert "run: harness images build" in said


def test_when_every_subnet_is_taken_a_run_says_which_and_what_to_set(
    tmp_path: Path, images: Images
) -> None:
    """Somebody else's network is not fought for."""

    async def body() -> None:
        other = Engine("test-every-subnet-taken")
        try:
            assert await other.make_network("chaos-harness-test-taken", TAKEN)
            said = refused(tmp_path, {"HARNESS_DOCKER_SUBNETS": TAKEN})
        finally:
            for network in await other.networks():
                await other.remove(network)
            other.close()
        assert "no free subnet for the run's network" in said
        assert TAKEN in said
        assert "set HARNESS_DOCKER_SUBNETS" in said

    in_loop(body)


def test_a_port_that_is_taken_meanwhile_is_named_and_nothing_is_left(
    tmp_path: Path, images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the engine's own taking of it, another program was quicker."""
    with socket.socket() as other:

        def late(count: int) -> PortBlock:
            block = take_ports(count)
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", block.ports[0]))
            other.listen()
            return block

        monkeypatch.setattr(runtime, "take_ports", late)

        async def body() -> None:
            with pytest.raises(RuntimeFailure) as caught:
                await a_runtime(tmp_path, images).start(TARGET, hardened())
            text = str(caught.value)
            assert text.startswith("starting toxiproxy: the engine says: "), text
            assert f"127.0.0.1:{other.getsockname()[1]}" in text
            assert "try again, that takes other ports" in text

        in_loop(body)
    assert objects_of(tmp_path) == []
