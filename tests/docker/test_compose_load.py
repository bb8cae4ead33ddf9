"""Profile `load` of compose: Locust's page drives the lending service, and stops by itself."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.runtimes.docker.engine import connect
from harness.runtimes.docker.images import ROOT, Images, expected_load, has
from harness.runtimes.real.loopback import take_ports

COMPOSE = ("-f", str(Path(ROOT) / "compose/compose.yaml"), "--profile", "load")


@pytest.fixture
def page(images: Images, tmp_path: Path) -> Iterator[str]:
    """The page of a project of its own; gives its address."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], check=False).returncode:
        pytest.skip("no docker compose (Debian: docker-compose-plugin)")
    client = connect()
    try:
        if not has(client, expected_load()):
            pytest.skip(f"no image {expected_load()}; run: harness images build")
    finally:
        client.close()
    block = take_ports(3)
    names = {f"{name.upper()}_IMAGE": image for name, image in asdict(images).items()}
    ports = dict(
        zip(("ENTRY_PORT", "TOXIPROXY_PORT", "LOAD_PORT"), map(str, block.ports), strict=True)
    )
    own = {"SUBNET": "198.19.252.0/24", "LOAD_IMAGE": expected_load(), **ports, **names}
    compose = [docker, "compose", "-p", f"chaos-harness-test-{os.getpid()}", *COMPOSE]

    def carry_out(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*compose, *words],
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            check=False,
        )

    try:
        up = carry_out("up", "--wait")
        assert up.returncode == 0, up.stderr[-2000:]
        yield f"http://127.0.0.1:{own['LOAD_PORT']}"
    finally:
        down = carry_out("down", "--volumes")
        block.release()
    assert down.returncode == 0, down.stderr


def test_borrowers_are_served_and_the_load_stops_by_itself(page: str) -> None:
    """More users than allowed, for 6 s: at most the plan's, answered, then stopped."""
    most = json.loads((Path(ROOT) / "compose/load/plan.json").read_text())["users_max"]
    typed = {"user_count": 9_000, "spawn_rate": 100, "run_time": "6s", "host": "http://192.0.2.1"}
    users: list[int] = []

    async def body() -> dict[str, Any]:
        async with httpx.AsyncClient(base_url=page, trust_env=False, timeout=10) as client:
            assert (await client.get("/")).status_code == 200
            assert (await client.post("/swarm", data=typed)).json()["success"]
            while True:
                found: dict[str, Any] = (await client.get("/stats/requests")).json()
                users.append(found["user_count"])
                if found["state"] == "stopped":
                    return found
                await asyncio.sleep(0.5)

    found = asyncio.run(asyncio.wait_for(body(), 60))
    assert max(users) == most
    (total,) = (one for one in found["stats"] if one["name"] == "Aggregated")
    assert total["num_requests"] - total["num_failures"] > 20
