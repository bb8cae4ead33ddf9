"""Ending a run: ask, insist, kill; then look whether anything is left."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.runtimes.process.site import END_S, Site
from harness.runtimes.real.loopback import is_free
from harness.runtimes.real.procs import members


async def end_run(site: Site) -> list[str]:
    """End every process of the run and remove its work folder.

        SIGTERM to all (PostgreSQL: SIGINT, its fast shutdown) ──2 s──> SIGQUIT to PostgreSQL
                                                               ──1 s──> SIGKILL to what is left

    Returns:
        what could not be ended, closed or removed; empty when clean.
    """
    state = site.recovery.read()
    for proc in members(state):
        proc.send(signal.SIGCONT)  # one that is stopped hears nothing else
        if proc.program:
            proc.send(signal.SIGINT if _is_database(state, proc.program) else signal.SIGTERM)
    if await site.until_gone(members(state), END_S):
        databases = [p for p in members(state) if _is_database(state, p.program)]
        for proc in databases:
            proc.send(signal.SIGQUIT)
        await site.until_gone(databases, END_S / 2)
        await site.end(members(state))
    return await asyncio.to_thread(_left_over, state)


def _is_database(state: Mapping[str, Any], program: str) -> bool:
    service = state["services"].get(program, {})
    return bool(service.get("protocol") == "postgres")


def _left_over(state: Mapping[str, Any]) -> list[str]:
    shutil.rmtree(state["work_dir"], ignore_errors=True)
    addresses = {"toxiproxy": state["api"]}
    addresses |= {name: service["address"] for name, service in state["services"].items()}
    addresses |= {name: link["listen"] for name, link in state["links"].items()}
    left = [str(proc) for proc in members(state)]
    left += [f"{a} ({n}) listens" for n, a in addresses.items() if not is_free(_port(a))]
    if Path(state["work_dir"]).exists():
        left.append(f"folder {state['work_dir']}")
    return left


def _port(address: str) -> int:
    return int(address.rsplit(":", 1)[1])
