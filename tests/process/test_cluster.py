"""A cluster does the same work behind the same futures, and may lose workers."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.explore.explorer import SearchRequest, explore
from harness.explore.result import Found
from harness.explore.workers import Workers
from harness.pool.cluster import cluster
from harness.pool.hands import Where
from tests.unit.explore.fakes import TinyWorld, faults

SETS = {"money": [faults("a#1 lost", "a#2 lost")], "answers": [faults("b#1 lost", "c#2 lost")]}


@pytest.fixture
def two_workers() -> Iterator[Any]:
    """A cluster of this machine, of two processes."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as found:
        yield found


def test_a_cluster_that_loses_a_worker_finds_what_this_machine_finds(two_workers: Any) -> None:
    """Its work is done again by another; an error far away is not swallowed either."""
    address = two_workers.scheduler_address
    (pid, *_) = [one.pid for one in two_workers.workers.values()]

    def tell(found: Found, size: int) -> None:
        if found.explored == 5:
            os.kill(pid, signal.SIGKILL)

    seen = []
    for where, told in ((Where(1), lambda found, size: None), (Where(1, address), tell)):
        with Workers(partial(TinyWorld, SETS), where) as runner:
            found = explore(runner, SearchRequest(faults=3, seed=3), told)
        seen.append((found.minimal, found.explored, found.pruned, found.signatures))
    assert seen[0] == seen[1]
    with cluster(address) as pool, pytest.raises(HarnessError, match="ended with 7"):
        pool.submit(os._exit, 7).result()
