"""Starts Locust in a process of its own and hands its events on; imports nothing of it."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import PIPE, STDOUT, Process
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from typing import Any

from harness.errors import RuntimeFailure
from harness.load.command import AFTER_S, PLAN, START_S, TOKEN, arguments, ready_s_max
from harness.workload import LoadEnded, LoadKilled, LoadMaker, LoadPlan, LoadReport, Sink

STOP_S_MAX = 2.0
WORKERS_STOP_S = 4.0  # Locust waits so long for the workers that it started
LINE_BYTES_MAX = 2**20
NONE: Mapping[str, str] = MappingProxyType({})
LOG_LINES = 30  # a traceback
STATISTICS = "Type     Name"  # the head of the tables that Locust ends with


class LocustLoad:
    """A running load (`harness.workload.Load`).

    Args:
        process: the Locust process.
        lines: what it writes to the pipe.
        sink: takes each event.
        log_path: where its own output goes.
        maker: of the load.
    """

    def __init__(
        self,
        process: Process,
        lines: asyncio.StreamReader,
        sink: Sink,
        log_path: Path,
        maker: LoadMaker,
    ) -> None:
        """Take over a process that has been started."""
        self._process = process
        self._ready_s_max = ready_s_max(maker)
        self._stop_s_max = STOP_S_MAX + (WORKERS_STOP_S if maker.workers else 0.0)
        self._lines = lines
        self._sink = sink
        self._log_path = log_path
        self._report: LoadReport | None = None
        self._reading: asyncio.Task[None] | None = None
        self._killed = False

    @property
    def pid(self) -> int:
        """Of the Locust process."""
        return self._process.pid

    async def begin(self, clock_zero: Callable[[], int]) -> None:
        """Wait until it is ready, then give it the zero of the run clock.

        Raises:
            RuntimeFailure: not ready in time.
        """
        try:
            async with asyncio.timeout(self._ready_s_max):
                line = await self._lines.readline()
        except TimeoutError:
            raise self._failure(f"not ready within {self._ready_s_max:g} s") from None
        if not line:
            raise await self._early_end()
        assert self._process.stdin is not None  # noqa: S101 - spawned with a pipe
        self._process.stdin.write(json.dumps({"t0_ns": clock_zero()}).encode() + b"\n")
        self._reading = asyncio.create_task(self._read())

    async def wait(self) -> LoadReport:
        """Until every journey ended or was cut at the end of the drain.

        Raises:
            LoadEnded: the process died before its report.
        """
        if self._reading is not None:
            await asyncio.shield(self._reading)
        code = await self._process.wait()
        if self._report is None or code != 0:
            raise await self._early_end()
        return self._report

    async def stop(self) -> LoadReport:
        """End it now; within 2 s, with workers 6 s.

        Raises:
            LoadEnded: there is no report; `LoadKilled` where it had to be killed.
        """
        if self._process.returncode is None:
            self._process.terminate()
        try:
            async with asyncio.timeout(self._stop_s_max):
                return await self.wait()
        except TimeoutError:
            self._killed = True
            await self.kill()
            raise await self._early_end() from None

    async def kill(self) -> None:
        """End it without a report."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        if self._reading is not None:
            await self._reading

    async def _read(self) -> None:
        while (line := await self._lines.readline()).endswith(b"\n"):
            document = json.loads(line)
            if "report" in document:
                self._report = LoadReport(**document["report"])
            else:
                self._sink(document)

    async def _early_end(self) -> LoadEnded:
        code = await self._process.wait()
        code, words = code if code >= 0 else 128 - code, self._last_words()
        return LoadKilled(code, words, STOP_S_MAX) if self._killed else LoadEnded(code, words)

    def _failure(self, what: str) -> RuntimeFailure:
        return RuntimeFailure(f"load (process {self.pid}): {what}{self._last_words()}")

    def _last_words(self) -> str:
        with self._log_path.open(encoding="utf-8", errors="replace") as log:
            said = takewhile(lambda line: not line.startswith(STATISTICS), log)
            tail = "".join(deque(said, LOG_LINES)).rstrip()
        return f"; its log is {self._log_path}, which ends:\n{tail}"


async def start(
    plan: LoadPlan,
    *,
    base_url: str,
    others: Sequence[str] = (),
    sink: Sink,
    clock_zero: Callable[[], int],
    log_path: Path,
    python: str,
    env: Mapping[str, str],
    base_urls: Mapping[str, str] = NONE,
    **spawn: object,
) -> LocustLoad:
    """Start Locust, wait until it is ready, let it begin.

    Args:
        base_url: where borrowers reach the service, through its link.
        others: further addresses that they know.
        sink: takes each event, in the order in which the load wrote them.
        clock_zero: called once the load is ready; gives `t0_ns`, an instant slightly ahead.
        log_path: for Locust's own output; the plan is written beside it.
        python: the interpreter.
        env: the environment; settings of Locust's own are left out of it.
        base_urls: program -> where borrowers reach it, of those that are asked beside the service.
        spawn: more arguments for the new process, `process_group` for one.

    Raises:
        RuntimeFailure: it was not ready within 20 s, or died; with the last lines of its log.
    """
    receive, send = os.pipe()
    reader, transport = await _reader(receive)
    try:
        plan_path = log_path.with_suffix(".plan.json")
        urls = {"addresses": [base_url, *others], "base_urls": dict(base_urls)}
        asked = {name: value for name, value in asdict(plan).items() if name != "maker"}
        document = {"plan": asked, **urls, "fd": send}
        plan_path.write_text(json.dumps(document), encoding="utf-8")
        words = ["-P", "-m", "locust", *arguments(plan.maker, base_url)]
        own = _environment(env, plan_path, plan.maker)
        process = await _spawn([python, *words], own, send, log_path, spawn)
    except BaseException:
        transport.close()
        raise
    finally:
        os.close(send)
    load = LocustLoad(process, reader, sink, log_path, plan.maker)
    try:
        await load.begin(clock_zero)
    except BaseException:
        await load.kill()
        raise
    return load


async def _spawn(
    command: Sequence[str], env: Mapping[str, str], fd: int, log_path: Path,
    spawn: Mapping[str, Any],
) -> Process:  # fmt: skip
    """Not in our working folder: Locust searches the one it is in for modules and settings."""
    with log_path.open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=log, stderr=STDOUT, pass_fds=(fd,),
            cwd=log_path.parent, env=env, **spawn,
        )  # fmt: skip


def _environment(env: Mapping[str, str], plan_path: Path, maker: LoadMaker) -> dict[str, str]:
    """Without settings of Locust's own, and true in another folder."""
    own = {name: value for name, value in env.items() if not name.startswith("LOCUST_")}
    if folders := own.get("PYTHONPATH"):
        own["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, folders.split(os.pathsep)))
    told = {PLAN: str(plan_path.absolute()), TOKEN: maker.token}
    return {**own, **told, START_S: f"{ready_s_max(maker) + AFTER_S:g}"}


async def _reader(fd: int) -> tuple[asyncio.StreamReader, asyncio.ReadTransport]:
    reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(fd, "rb", 0)
    )
    return reader, transport
