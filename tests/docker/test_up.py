"""`harness up` and `harness down`: a system in containers that stands, and goes without a trace."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from bench.docker_undo import labelled
from harness.runtimes.docker.engine import Engine
from harness.runtimes.docker.images import Images

HARNESS = Path(sys.executable).with_name("harness")
ADDRESS = re.compile(r"^(\S+) +(127\.0\.0\.1:\d+) +ok\b", re.MULTILINE)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, images: Images) -> Path:
    """A cache of the test's own: a system that somebody looks at is not its business."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def harness(*words: str, **variables: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    done = subprocess.run(
        [HARNESS, *words],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


def ours(cache: Path) -> list[str]:
    """Containers, volumes and networks of the system that has its record in this cache."""
    marks = [path.parent.name for path in (cache / "up").glob("*/run.json")]
    return [name for name in labelled() if any(mark in name for mark in marks)]


def test_it_stands_beside_runs_until_it_is_taken_down(cache: Path) -> None:
    """Every program answers on 127.0.0.1 when the command has ended; a run is not refused."""
    code, out, err = harness("up")
    names = ours(cache)
    try:
        assert code == 0, out + err
        places = dict(ADDRESS.findall(out))
        assert {"borrower->lending", "toxiproxy", "database", "lending", "risk"} <= places.keys()
        for name in ("borrower->lending", "lending"):
            with urlopen(f"http://{places[name]}/readyz", timeout=5) as answer:
                assert answer.status == 200, name
        code, out, _ = harness("up")
        assert (code, dict(ADDRESS.findall(out))) == (0, places)
        assert "already up: design hardened on docker" in out
        code, _, err = harness("up", "--design", "naive")
        assert code == 2
        assert "design hardened on docker is up; try: harness down" in err
        assert harness("run", "X01", "--dry", "--runtime", "docker")[0] == 0
        assert harness("faults", "clear")[:2] == (0, "clear: nothing of a dead run is active\n")
        assert ours(cache) == names
    finally:
        code, out, err = harness("down")
    assert code == 0, out + err
    assert "nothing is left" in out
    assert not labelled() & {*names}
    assert harness("down") == (0, "nothing is up\n", "")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_of_one_that_was_ended_while_it_came_up(
    number: signal.Signals, cache: Path
) -> None:
    """Killed, its watchdog removes what there was; told to end, it does so itself."""
    up = subprocess.Popen([HARNESS, "up"], stderr=subprocess.PIPE)
    assert up.stderr is not None
    assert b"starting design" in up.stderr.readline()
    deadline_s = time.monotonic() + 20
    while not (names := ours(cache)) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    up.send_signal(number)
    up.wait(30)
    up.stderr.close()
    while labelled() & {*names} and time.monotonic() < deadline_s + 20:
        time.sleep(0.2)
    assert names
    assert not labelled() & {*names}
    assert harness("down")[0] == 0
    assert [path.name for path in (cache / "up").iterdir()] == ["lease"]


def test_a_subnet_that_is_taken_is_named_with_the_way_out(cache: Path) -> None:
    """Exit 4, and nothing is left."""
    whole = "198.19.253.0/26"

    async def body() -> tuple[int, str, str]:
        engine = Engine("test-up-taken")
        try:
            assert await engine.make_network("chaos-harness-test-taken", whole)
            return await asyncio.to_thread(harness, "up", HARNESS_DOCKER_SUBNETS=whole)
        finally:
            for network in await engine.networks():
                await engine.remove(network)
            engine.close()

    code, _, err = asyncio.run(body())
    assert code == 4
    assert "no free subnet" in err
    assert "HARNESS_DOCKER_SUBNETS" in err
    assert [path.name for path in (cache / "up").iterdir()] == ["lease"]


def test_an_image_that_is_missing_and_an_engine_that_is_away_are_named(cache: Path) -> None:
    """Both with what to do, exit 4, and nothing was begun."""
    code, _, err = harness("up", HARNESS_BASE_IMAGE="nobodys/python:1")
    assert (code, "harness images build" in err) == (4, True)
    code, _, err = harness("up", DOCKER_HOST="unix:///nowhere/docker.sock")
    assert (code, "/nowhere/docker.sock: no Docker engine answers" in err) == (4, True)
    assert [path.name for path in (cache / "up").iterdir()] == ["lease"]
