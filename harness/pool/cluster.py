"""Workers of a Dask cluster behind the futures that processes of this machine have.

A scheduler runs whatever it is sent, and what it answers is unpickled, which can run anything too:
beyond this machine only `tls://` is taken, with the certificates that Dask's own configuration
names; on it, only one whom no third user has started. What a lost worker had is done again by
another.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from harness.errors import ConfigError, Problem
from harness.ownership import trusted
from harness.plugins import content_hash
from harness.pool import apart
from harness.private import user_name
from harness.procfs import listeners

T = TypeVar("T")
EXTRA = "chaos-harness[cluster]"
ALLOWED = "tcp://127.0.0.1:8786 on this machine, tls://HOST:8786 anywhere"
CONNECT_S = 10.0
DEFAULT_PORT = 8786  # Source: dask.distributed, "Scheduler"
OPTION = "--cluster"


class Cluster(Executor):
    """Sends work; answers come as futures of `concurrent.futures`.

    Args:
        client: of dask.distributed.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._tasks = client.get_executor(pure=False, retries=0)
        self.number = sum(client.nthreads().values())

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Have it done by a process of a worker.

        Raises:
            TypeError: keyword arguments.
        """
        if kwargs:
            raise TypeError("positional arguments only")
        future: Future[T] = self._tasks.submit(apart.run, pickle.dumps((function, args)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take back what nobody has begun, and leave; the cluster stays."""
        self._tasks.shutdown(wait=wait)
        self._client.close()


@contextmanager
def cluster(address: str) -> Iterator[Cluster]:
    """The cluster of a scheduler, for the block.

    Raises:
        ConfigError: no address that is taken, nobody there, no workers, or other sources.
    """
    check(address)
    try:
        from distributed import Client

        connect: Any = Client
    except ImportError as error:
        remedy = f"pip install '{EXTRA}'"
        raise ConfigError(Problem("distributed is not installed", remedy=remedy)) from error
    try:
        client: Any = connect(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TypeError) as error:  # TypeError: tls:// without certificates
        why = f"no scheduler answers at {address}: {error}"
        raise ConfigError(Problem(why, OPTION, remedy="start one: dask scheduler")) from error
    try:
        _same_sources(client, address)
        found = Cluster(client)
        try:
            yield found
        finally:
            found.shutdown(wait=False)
    finally:
        client.close()


def check(address: str) -> None:
    """Whether work may be sent there.

    Raises:
        ConfigError: it may not.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORT
    except ValueError:
        parts, host, port = urlsplit(""), "", 0
    here = parts.scheme == "tcp" and _is_here(host)
    if not (here or (host and parts.scheme == "tls")):
        why = f"no work is sent to {address!r}: a scheduler runs whatever it is sent"
        raise ConfigError(Problem(why, OPTION, ALLOWED))
    others = {uid for _, _, uid in listeners(port)} - trusted().keys() if here else ()
    if others:
        names = ", ".join(sorted(map(user_name, others)))
        why = f"{names} listens at {address}: what comes from there would run as you"
        raise ConfigError(Problem(why, OPTION, "a scheduler of your own"))


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def sources() -> tuple[str, str]:
    """Where this installation is, and what it holds."""
    root = Path(__file__).parents[1]
    return str(root), content_hash(sorted(root.rglob("*.py")))


def _same_sources(client: Any, address: str) -> None:
    """Each worker has what we have, where we have it: files are named by their paths.

    Raises:
        ConfigError: one has not, or there are none.
    """
    told = client.run(sources)
    others = [worker for worker, found in told.items() if found != sources()]
    if not told:
        raise ConfigError(Problem(f"{address} has no workers", OPTION, remedy="dask worker"))
    if others:
        why = f"another harness, or at another path, at {', '.join(sorted(others))}"
        raise ConfigError(Problem(why, OPTION, f"the same sources at {sources()[0]}"))
