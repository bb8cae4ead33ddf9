"""Ending a run: ask, insist, kill; then look whether anything is left."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from harness.clock import Clock
from harness.json_types import JsonObject
from harness.procfs import Proc
from harness.runtimes.real import their_containers
from harness.runtimes.real.document import DATA, RunFolders
from harness.runtimes.real.foreign_proxies import give_back
from harness.runtimes.real.loopback import is_free
from harness.runtimes.real.procs import is_patroni, is_postgres, members

END_S = 2.0  # chosen: the kernel ends a killed process within milliseconds
POLL_S = 0.02
REMOVE_S = 5.0  # chosen: a data folder is gone in a tenth of that
OWNER_FILE = "owner"


async def end_run(
    state: Mapping[str, object],
    clock: Clock,
    reap: Callable[[], None] = lambda: None,
    within_s: float = END_S,
) -> list[str]:
    """Give back what is not of the run, end every process of it, remove its work folder.

        SIGKILL to Patroni, which would start PostgreSQL again
        SIGTERM to all (PostgreSQL: SIGINT, its fast shutdown) ──2 s──> SIGQUIT to PostgreSQL
                                                               ──1 s──> SIGKILL to what is left

    Args:
        state: recovery state; of a run of which only the mark is known, `bare_state`.
        reap: collects children of this process that have ended.
        within_s: how long the programs may take to end by themselves.

    Returns:
        what could not be ended, closed or removed; empty when clean.
    """
    kept = [*await give_back(state), *await their_containers.give_back(state)]
    await kill([proc for proc in members(state) if is_patroni(proc)], clock, reap)
    for proc in members(state):
        proc.send(signal.SIGCONT)  # one that is stopped hears nothing else
        if proc.program:
            proc.send(signal.SIGINT if is_postgres(proc) else signal.SIGTERM)
    if await until_gone(members(state), within_s, clock, reap):
        databases = [proc for proc in members(state) if is_postgres(proc)]
        for proc in databases:
            proc.send(signal.SIGQUIT)
        await until_gone(databases, END_S / 2, clock, reap)
        await kill(members(state), clock, reap)
    return [*kept, *await asyncio.to_thread(_left_over, state)]


async def kill(procs: list[Proc], clock: Clock, reap: Callable[[], None]) -> None:
    """Kill processes and wait until they are gone."""
    for proc in procs:
        proc.send(signal.SIGKILL)
    await until_gone(procs, END_S, clock, reap)


async def until_gone(
    procs: list[Proc], within_s: float, clock: Clock, reap: Callable[[], None]
) -> list[Proc]:
    """Wait for processes to end.

    Returns:
        those that did not.
    """
    deadline_s = clock.now_s() + within_s
    while left := [proc for proc in procs if proc.lives]:
        reap()
        if clock.now_s() >= deadline_s:
            break
        await clock.sleep(POLL_S)
    reap()
    return left


def _left_over(state: JsonObject) -> list[str]:
    left = [str(proc) for proc in members(state)]
    addresses = {"toxiproxy": state["api"]} if state["api"] else {}
    addresses |= {n: one["address"] for n, one in state["services"].items() if not one["running"]}
    addresses |= {n: one["listen"] for n, one in state["links"].items() if "foreign" not in one}
    if left:  # else whoever listens there now is none of ours
        left += [f"{a} ({n}) listens" for n, a in addresses.items() if not is_free(_port(a))]
    return left + remove_work_folder(RunFolders(state["run_id"], Path(state["run_dir"])))


def remove_work_folder(folders: RunFolders) -> list[str]:
    """Remove what goes with the run: the folder in the cache that bears its id, no other.

    Returns:
        the folder, when it is still there.
    """
    try:
        found = folders.work.lstat()
    except OSError:
        return []
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        return [f"{folders.work}, which this run did not make: left alone"]
    shutil.rmtree(folders.work, ignore_errors=True)
    if folders.work.exists():  # it takes descriptors for every level, and we may have none left
        with suppress(OSError, subprocess.TimeoutExpired):
            command = ["rm", "-rf", "--", str(folders.work)]
            subprocess.run(command, check=False, timeout=REMOVE_S)
    return [f"folder {folders.work}"] if folders.work.exists() else []


def bare_state(run_id: str, mark: str) -> dict[str, object]:
    """What is known of a run of which nothing is left but its mark."""
    folders = RunFolders(run_id, Path("/nonexistent"))
    return {
        "run_id": run_id,
        "run_dir": str(folders.run),
        "mark": mark,
        "data_dir": str(folders.work / DATA),
        "api": "",
        "services": {},
        "links": {},
    }


def _port(address: str) -> int:
    return int(address.rsplit(":", 1)[1])
