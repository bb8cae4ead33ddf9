"""Ends one run of Chaos Toolkit in a given way and looks what is left on its Toxiproxy server.

Used by bench/undo_chaostoolkit.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # ships no types

from bench.chaostoolkit_experiment import (
    FAULT_S,
    PROXY,
    Document,
    Ending,
    Variant,
    experiment,
)
from harness.clock import RunClock, monotonic_ns
from harness.errors import RuntimeFailure
from harness.rng import Dice, Seed

HIT_WITHIN = 0.9  # of FAULT_S, chosen: the fault is still there when the signal arrives
SETTLE_S = 10.0  # chosen, not measured: three times what an undisturbed run still needs
STOPPED_S = 10.0
START_S = 30.0  # chosen, not measured: ample for a start on a busy machine


@dataclass(frozen=True)
class Outcome:
    """Whether a fault was left, the exit code (None: it still ran), seconds until the undo."""

    left: bool
    exit_code: int | None
    healed_s: float | None


@dataclass(frozen=True)
class Lane:
    """One Toxiproxy server with one proxy, for the runs of one ending and variant."""

    api: str
    url: str
    client: httpx.AsyncClient
    clock: RunClock

    async def faulty(self) -> bool:
        """Whether the proxy has a toxic or is disabled."""
        proxy = (await self.client.get(f"{self.api}/proxies")).json()[PROXY]
        return bool(proxy["toxics"]) or not proxy["enabled"]

    async def await_fault(self, chaos: asyncio.subprocess.Process) -> None:
        """Wait until the fault is there; it must come while the run lives."""
        deadline_s = self.clock.now_s() + START_S
        while not await self.faulty():
            if chaos.returncode is not None or self.clock.now_s() > deadline_s:
                raise RuntimeFailure(f"no fault came within {START_S:g} s; exit {chaos.returncode}")
            await self.clock.sleep(0.02)

    async def settle(
        self, family: Sequence[psutil.Process], hit_s: float, within_s: float
    ) -> float | None:
        """Wait until all processes are gone, `within_s` at most; seconds from hit to undo."""
        healed_s, deadline_s = None, self.clock.now_s() + within_s
        while True:
            gone = not any(alive(process) for process in family)
            if healed_s is None and not await self.faulty():
                healed_s = self.clock.now_s() - hit_s
            if gone or self.clock.now_s() > deadline_s:
                return healed_s
            await self.clock.sleep(0.05)


@dataclass(frozen=True)
class Bench:
    """What all runs share."""

    folder: Path
    toxiproxy: Path
    seed: Seed
    kills: int

    @property
    def programs(self) -> Path:
        """The folder of `chaos`, `pip` and, if it could be had, `uv`."""
        return self.folder / "venv" / "bin"

    async def batch(self, ending: Ending, variant: Variant, upstream: str) -> list[Outcome]:
        """All runs of one ending and variant, one after the other, on a server of their own."""
        dice = self.seed.stream(f"{ending.name}/{variant.name}")
        async with self.lane(upstream) as lane:
            return [
                await self.run_once(lane, ending, variant, fault, dice)
                for fault in islice(cycle(ending.faults), self.kills)
            ]

    @asynccontextmanager
    async def lane(self, upstream: str) -> AsyncIterator[Lane]:
        """A fresh Toxiproxy server on loopback, with one proxy to `upstream`."""
        port = free_port()
        command = (str(self.toxiproxy), "-host", "127.0.0.1", "-port", str(port))
        async with (
            running(command, self.folder, {"LOG_LEVEL": "error"}),
            httpx.AsyncClient(trust_env=False, timeout=5.0) as client,
        ):
            api, clock = f"http://127.0.0.1:{port}", RunClock(monotonic_ns())
            while not await answers(client, api):
                if clock.now_s() > START_S:
                    raise RuntimeFailure(f"Toxiproxy did not answer on {api} within {START_S:g} s")
                await clock.sleep(0.05)
            asked = {"name": PROXY, "listen": "127.0.0.1:0", "upstream": upstream}
            made = await client.post(f"{api}/proxies", json=asked)
            yield Lane(api, f"http://{made.raise_for_status().json()['listen']}/", client, clock)

    async def run_once(
        self, lane: Lane, ending: Ending, variant: Variant, fault: str, dice: Dice
    ) -> Outcome:
        """One run from its start until it is over, then clean the server."""
        document = experiment(ending, variant, fault, lane.api, lane.url)
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            command = self.command(Path(name), variant, document)
            async with running(command, Path(name), self.environment()) as process:
                outcome = await watch_end(lane, ending, process, dice)
        (await lane.client.post(f"{lane.api}/reset")).raise_for_status()
        return outcome

    def command(self, folder: Path, variant: Variant, document: Document) -> list[str]:
        """Write the experiment; how it is run."""
        file = folder / "experiment.json"
        file.write_text(json.dumps(document))
        settings = str(folder / "settings.yaml")  # none there: a user's own stay out
        chaos = [str(self.programs / "chaos"), "--no-version-check", "--settings", settings]
        return [*chaos, "run", *variant.options, str(file)]

    def environment(self) -> dict[str, str]:
        """What a run is given beside our own environment."""
        path = f"{self.programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        ours = {"PATH": path, "UV_CACHE_DIR": str(self.folder / "uv")}
        return ours | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


async def watch_end(
    lane: Lane, ending: Ending, process: asyncio.subprocess.Process, dice: Dice
) -> Outcome:
    """Bring a run to its end at an instant of the dice and look what is left."""
    if ending.hit_by is None:
        async with asyncio.timeout(START_S):
            code = await process.wait()
        return Outcome(await lane.faulty(), code, None)
    await lane.await_fault(process)
    await lane.clock.sleep(dice.uniform(0, FAULT_S * HIT_WITHIN))
    family, hit_s = family_of(process), lane.clock.now_s()
    victims = family if ending.and_child else family[:1]
    try:
        for victim in victims:
            victim.send_signal(ending.hit_by)
        healed_s = None
        if ending.hit_by is signal.SIGSTOP:
            healed_s = await lane.settle(family, hit_s, STOPPED_S)
            end_all(victims)
        later_s = await lane.settle(family, hit_s, SETTLE_S)
        healed_s = later_s if healed_s is None else healed_s
        return Outcome(await lane.faulty(), await exit_code(process), healed_s)
    finally:
        end_all(family)


async def exit_code(process: asyncio.subprocess.Process) -> int | None:
    """The exit code; None when it still runs."""
    try:
        async with asyncio.timeout(1.0):
            return await process.wait()
    except TimeoutError:
        return None


@asynccontextmanager
async def running(
    command: Sequence[str], folder: Path, environment: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program in a session of its own; it and its children are gone afterwards."""
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=quiet,
        stdout=quiet,
        stderr=quiet,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        end_all(family_of(process))
        await process.wait()


def family_of(process: asyncio.subprocess.Process) -> list[psutil.Process]:
    """A process and all its descendants; empty once it has ended."""
    try:
        head = psutil.Process(process.pid) if process.returncode is None else None
        return [head, *head.children(recursive=True)] if head else []
    except psutil.NoSuchProcess:
        return []


def alive(process: psutil.Process) -> bool:
    """Whether it still runs; a dead one whose parent has not looked yet does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def end_all(family: Sequence[psutil.Process]) -> None:
    """Kill what is still there; psutil tells a reused process id from the process we meant."""
    for process in filter(alive, family):
        with suppress(psutil.NoSuchProcess):
            process.kill()


async def answers(client: httpx.AsyncClient, api: str) -> bool:
    """Whether the server is up."""
    try:
        return (await client.get(f"{api}/version")).is_success
    except httpx.TransportError:
        return False


def free_port() -> int:
    """A loopback port that was free an instant ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """The service behind the proxies: answers 200 to everything; its address."""
    async with await asyncio.start_server(_answer, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"{host}:{port}"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):  # the faults cut connections
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
    writer.close()
