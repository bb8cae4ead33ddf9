"""An etcd of a run is closed before anything is kept in it."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from harness.errors import RuntimeFailure
from harness.runtimes.process.lease_store import close_to_others


def close(answers: list[httpx.Response]) -> list[tuple[str, dict[str, Any]]]:
    """What an etcd is told that answers so."""
    told: list[tuple[str, dict[str, Any]]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        told.append((request.url.path, json.loads(request.content)))
        found = answers[len(told) - 1]
        return httpx.Response(found.status_code, stream=httpx.ByteStream(found.content))

    async def scene() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as orders:
            site: Any = SimpleNamespace(address=lambda name: "127.0.0.1:1", orders=orders,
                                        prove=lambda name: None)  # fmt: skip
            await close_to_others(site, "etcd", "secret")

    asyncio.run(scene())
    return told


def test_who_may_all_has_a_password_before_it_is_asked_for() -> None:
    """The other way round, nobody could set one any more."""
    told = close([httpx.Response(200, json={})] * 3)
    assert [path for path, _ in told] == [
        "/v3/auth/user/add", "/v3/auth/user/grant", "/v3/auth/enable",
    ]  # fmt: skip
    assert told[0][1] == {"name": "root", "password": "secret"}


def test_an_etcd_that_stays_open_starts_no_run() -> None:
    """What it said is told, and the password is not."""
    refused = httpx.Response(400, json={"message": "etcdserver: user name already exists"})
    with pytest.raises(RuntimeFailure, match="user name already exists; need 200") as told:
        close([refused])
    assert "secret" not in str(told.value)
