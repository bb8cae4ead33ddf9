"""How Locust is told what to do: its command line and environment. Imports nothing of it."""

from __future__ import annotations

from pathlib import Path

from harness.workload import LoadMaker

PLAN = "HARNESS_LOAD_PLAN"
TOKEN = "HARNESS_LOAD_TOKEN"  # noqa: S105 - the name of a variable
START_S = "HARNESS_LOAD_START_S"
HERE = Path(__file__).parent
READY_S_MAX = 20.0
JOIN_S_MAX = 90.0  # chosen: people start workers on other machines in this time
AFTER_S = 10.0  # past that time a process that waits ends itself
ADDRESS = "127.0.0.1"


def ready_s_max(maker: LoadMaker) -> float:
    """How long a load may take until it is ready."""
    return JOIN_S_MAX if maker.elsewhere else READY_S_MAX


def files(locustfile: str) -> list[str]:
    """What Locust loads: the borrowers, or users of somebody's own and who records them."""
    own = [locustfile, str(HERE / "own_users.py")]
    return own if locustfile else [str(HERE / "locustfile.py")]


def arguments(maker: LoadMaker, base_url: str) -> list[str]:
    """Of the process that holds the pipe.

    Args:
        base_url: where users reach the service.
    """
    users = str(maker.users if maker.locustfile else max(1, maker.workers))
    return [
        "-f", ",".join(files(maker.locustfile)), *_page(maker), "-u", users, "-r", users,
        "--host", base_url, "--only-summary", "--exit-code-on-error", "0", *_workers(maker),
    ]  # fmt: skip


def _page(maker: LoadMaker) -> list[str]:
    if not maker.page_port:
        return ["--headless"]
    return ["--autostart", "--web-host", ADDRESS, "--web-port", str(maker.page_port)]


def _workers(maker: LoadMaker) -> list[str]:
    if not maker.workers:
        return []
    host, _, port = maker.address.rpartition(":")
    place = ["--master-bind-host", host, "--master-bind-port", port]
    if maker.elsewhere:
        return ["--master", "--expect-workers", str(maker.workers), *place]
    return ["--processes", str(maker.workers), *place, "--master-host", host, "--master-port", port]


def worker(address: str, locustfile: str) -> list[str]:
    """Of a worker that a person starts.

    Args:
        address: `HOST:PORT` of the run's load.
        locustfile: of users of somebody's own; "" for the borrowers of the run.
    """
    host, _, port = address.rpartition(":")
    place = ["--worker", "--master-host", host, "--master-port", port]
    return ["-f", ",".join(files(locustfile)), *place]
