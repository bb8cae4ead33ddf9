"""Locust's own page with our borrowers: bounded in users, in time and in whom it may ask."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from harness.load import locust_process
from harness.runtimes.real.loopback import take_ports
from tests.process.test_load import Service, answering

PAGE = Path(locust_process.__file__).with_name("page.py")
USERS_MAX, DURATION_S = 3, 4


@contextmanager
def page(folder: Path, base_url: str, port: int) -> Iterator[str]:
    """The page on a port of ours; gives its address."""
    plan = {
        "target": "chaos.targets.reference",
        "seed": 1,
        "arrivals_per_s": 5.0,
        "journeys": {"repayer": 1},
        "duration_s": DURATION_S,
    }
    document = {"plan": plan, "base_url": base_url, "users_max": USERS_MAX}
    (folder / "plan.json").write_text(json.dumps(document))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "locust", "-f", PAGE),
                *("--web-host", "127.0.0.1", "--web-port", str(port)),
            ],
            env={**os.environ, "HARNESS_LOAD_PLAN": str(folder / "plan.json")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


async def state(client: httpx.AsyncClient) -> dict[str, Any]:
    """What the page shows."""
    answer: dict[str, Any] = (await client.get("/stats/requests")).json()
    return answer


async def until(client: httpx.AsyncClient, wanted: str, within_s: float) -> dict[str, Any]:
    """Wait for a state of the page."""
    async with asyncio.timeout(within_s):
        while True:
            try:
                if (found := await state(client))["state"] == wanted:
                    return found
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


def test_whatever_is_typed_in_the_load_stays_within_its_bounds(tmp_path: Path) -> None:
    """Ninety users for an hour against somebody else: three, for 4 s, against the service."""
    block = take_ports(1)

    async def body() -> None:
        service = Service(answering)
        async with service as url:
            with page(tmp_path, url, block.ports[0]) as address:
                async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
                    assert (await until(client, "ready", 20))["user_count"] == 0
                    typed = {"user_count": 90, "spawn_rate": 90, "run_time": "1h"}
                    elsewhere = {"host": "http://192.0.2.1"}
                    answer = await client.post("/swarm", data={**typed, **elsewhere})
                    assert answer.json()["success"]
                    await until(client, "running", 5)
                    await asyncio.sleep(1.5)
                    assert (await state(client))["user_count"] == USERS_MAX
                    found = await until(client, "stopped", DURATION_S + 5)
        (total,) = (one for one in found["stats"] if one["name"] == "Aggregated")
        assert total["num_requests"] > 10
        assert total["num_failures"] == 0
        assert service.seen.total() >= total["num_requests"]

    try:
        asyncio.run(asyncio.wait_for(body(), 60))
    finally:
        block.release()
