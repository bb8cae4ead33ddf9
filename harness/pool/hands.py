"""Where work is done: so many processes of this machine, or a cluster; one interface of futures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from harness.pool.local import local

T = TypeVar("T")


class Pool(Protocol):
    """Takes functions of modules, with arguments that can be pickled."""

    def submit(self, function: Callable[..., T], /, *args: Any) -> Future[T]:
        """Have it done."""


@dataclass(frozen=True)
class Where:
    """Where work is to be done.

    Args:
        number: of processes; of a cluster, as many as it has threads.
        cluster: address of a scheduler, "" for this machine.
    """

    number: int
    cluster: str = ""


@contextmanager
def hands(where: Where, folder: str = "") -> Iterator[tuple[Pool, int]]:
    """Who does it, and how many there are; what nobody has begun is dropped at the end.

    Args:
        folder: for what processes of this machine leave; "" for the usual one.

    Raises:
        ConfigError: there is no such cluster.
    """
    if where.cluster:
        from harness.pool.cluster import cluster

        with cluster(where.cluster) as found:
            yield found, found.number
    else:
        with local(where.number, folder) as found_here:
            yield found_here, where.number
