"""The store in memory keeps the store's promises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from lending_service.stores.memory import MemoryStore
from lending_service.stores.port import Store
from tests.unit.lending_service.store_conformance import CONFORMANCE


@pytest.mark.parametrize("promise", CONFORMANCE, ids=lambda promise: promise.__name__)
def test_memory_store(promise: Callable[[Store], Awaitable[None]]) -> None:
    """One promise, on a fresh store."""

    async def run() -> None:
        await promise(MemoryStore())

    asyncio.run(run())
