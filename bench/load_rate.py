"""What a core delivers: borrowers on time beside bare Locust with the same requests.

python -m bench.load_rate [--seconds 10] [--rates 50,100,200,400,800]

A server in this process answers at once; what is told is CPU of the load's own process. Two lengths
of each load are measured and subtracted, so that its start does not count. Bare Locust: three
requests a task of a FastHttpUser that waits for nobody; ours: the journey `repayer` by an open
model, a connection a request (none is ever sent twice in silence), every event written to a pipe.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.load.locust_process import start
from harness.workload import LoadPlan, LoadReport

ROOT = Path(__file__).parents[1]
ON_TIME = 0.99  # of the arrivals: begun within 100 ms of their instant
SHORT_S = 2
BODIES = (
    (b"POST /v1/loans/", {"repayment_id": "r-1", "status": "accepted"}),
    (b"GET /v1/repayments/", {"status": "credited"}),
    (b"GET /v1/loans/", {"schedule": [{"amount_minor": 500, "paid_minor": 0}]}),
)
BARE = """
from locust import FastHttpUser, constant, task
class User(FastHttpUser):
    wait_time = constant(0)
    @task
    def repay(self):
        self.client.get("/v1/loans/loan-1", headers={headers})
        body = {{"amount_minor": 500}}
        self.client.post("/v1/loans/loan-1/repayments", json=body, headers={headers})
        self.client.get("/v1/repayments/r-1", headers={headers})
"""
HEADERS = {"kept": {}, "a request": {"Connection": "close"}}  # the connections of bare Locust


class Server(asyncio.Protocol):
    """Answers each request at once."""

    answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self.transport, self.rest = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self.rest += data
        while (end := self.rest.find(b"\r\n\r\n")) >= 0:
            head = self.rest[:end].lower()
            _, _, after = head.partition(b"content-length: ")
            whole = end + 4 + (int(after.split(b"\r\n")[0]) if after else 0)
            if len(self.rest) < whole:
                return
            body = json.dumps(
                next(b for start, b in BODIES if self.rest.startswith(start))
            ).encode()
            self.rest = self.rest[whole:]
            last = b"connection: close" in head
            kept = b"Connection: close\r\n" if last else b""
            assert isinstance(self.transport, asyncio.WriteTransport)
            self.transport.write(
                b"HTTP/1.1 200 OK\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                % (kept, len(body))
                + body
            )
            Server.answered += 1
            if last:
                self.transport.close()


async def spent(work: Awaitable[object]) -> tuple[float, int]:
    """CPU of the children that end meanwhile, in s, and how many requests were answered."""
    before, count = resource.getrusage(resource.RUSAGE_CHILDREN), Server.answered
    await work
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu_s, Server.answered - count


async def bare(url: str, seconds: int, folder: Path, connections: str) -> None:
    """Ten users of bare Locust, without a pause."""
    (folder / "bare.py").write_text(BARE.format(headers=HEADERS[connections]))
    how = ["-f", str(folder / "bare.py"), "--headless", "-u", "10", "-r", "10", "--host", url]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "locust", *how, "-t", f"{seconds}s", "--loglevel", "ERROR",
        "--only-summary", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    await process.wait()


async def ours(
    url: str, seconds: int, folder: Path, rate_per_s: float, told: Callable[[LoadReport], object]
) -> None:
    """Borrowers at a rate."""
    plan = LoadPlan("chaos.targets.reference", 7, rate_per_s, {"repayer": 1}, seconds, 1.0)
    load = await start(
        plan, base_url=url, sink=lambda _: None, log_path=folder / "load.log",
        clock_zero=lambda: time.monotonic_ns() + 50_000_000, python=sys.executable,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, process_group=0,
    )  # fmt: skip
    told(await load.wait())


async def a_core(run: Callable[[int], Awaitable[object]], seconds: int) -> float:
    """Requests a second of CPU, without what the start takes."""
    short_s, few = await spent(run(SHORT_S))
    long_s, many = await spent(run(SHORT_S + seconds))
    return (many - few) / (long_s - short_s)


async def measure(seconds: int, rates: list[float], folder: Path) -> None:
    """Print all."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0, backlog=2_000)
    host, port = server.sockets[0].getsockname()[:2]
    url = f"http://{host}:{port}"
    reports: list[LoadReport] = []
    for connections in HEADERS:
        core = await a_core(partial(bare, url, folder=folder, connections=connections), seconds)
        print(f"{core:6.0f} requests/s and core: bare Locust, a connection {connections}")
    core = await a_core(
        partial(ours, url, folder=folder, rate_per_s=rates[0], told=reports.append), seconds
    )
    print(f"{core:6.0f} operations/s and core: borrowers, a connection a request")
    for rate in rates:
        before = Server.answered
        await ours(url, seconds, folder, rate, reports.append)
        last = reports[-1]
        on_time = (last.delivered - last.late) / max(last.asked, 1)
        print(
            f"{rate:5.0f} borrowers/s, {(Server.answered - before) / seconds:6.0f} operations/s: "
            f"{on_time:.1%} on time, latest {last.late_worst_s * 1000:.0f} ms"
        )
        if on_time < ON_TIME:
            return


def main() -> None:
    """Read the arguments."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=int, default=10)
    asked.add_argument("--rates", default="50,100,200,400,800")
    options = asked.parse_args()
    with TemporaryDirectory() as folder:
        rates = [float(one) for one in options.rates.split(",")]
        asyncio.run(measure(options.seconds, rates, Path(folder)))


if __name__ == "__main__":
    main()
