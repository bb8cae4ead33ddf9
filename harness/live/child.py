"""The process beside a run: `python -m harness.live.child FOLDER [--serve]`.

Writes JSON lines: `{"url": ...}` once, then verdicts so far, each time something is new. Ends
after the run, or as soon as its parent is gone.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from harness.clock import NS, RunClock, monotonic_ns
from harness.json_types import JsonDict
from harness.live.pages import Pages
from harness.live.so_far import Going, counts, going
from harness.report.html import page
from harness.rng import fresh_token
from harness.store import HISTORY, REPORT, RUN

EVERY_S = 1.0  # chosen: how often the page is new
SHARE = 4  # chosen: at most 1/5 of a processor at the lowest priority
LOOK_S = 0.2
REPORT_S = 60.0  # chosen: how long the report of a long run may take


async def follow(folder: Path, *, serving: bool) -> None:
    """Follow a run until it has its report."""
    clock = RunClock(monotonic_ns())
    pages = Pages(fresh_token()) if serving else None
    if pages is not None:
        tell({"url": await pages.serve()})
    while not ((folder / RUN).exists() and (folder / HISTORY).exists()):
        await clock.sleep(LOOK_S)
    run, ended_s = going(folder), None
    while not (folder / REPORT).exists():
        cost_s = await _update(run, pages) if not run.tail.ended else 0.0
        if run.tail.ended:
            ended_s = ended_s or clock.now_s()
            if clock.now_s() > ended_s + REPORT_S:
                break
        await clock.sleep(LOOK_S if run.tail.ended else max(EVERY_S, SHARE * cost_s))
    if pages is not None:
        if (folder / REPORT).exists():
            await pages.show((folder / REPORT).read_text("utf-8"), over=True)
        await pages.close()


async def _update(run: Going, pages: Pages | None) -> float:
    """Judge and draw what is new.

    Returns:
        seconds that it took.
    """
    begun_ns = monotonic_ns()
    if run.tail.read() and not run.tail.ended:
        result, recorded = run.so_far()
        tell(counts(result))
        if pages is not None:
            await pages.show(page(result, recorded, going_on=True))
    return (monotonic_ns() - begun_ns) / NS


def tell(document: JsonDict) -> None:
    """One line for the parent."""
    print(json.dumps(document), flush=True)


async def _with_parent(folder: Path, *, serving: bool) -> None:
    """Follow, but not beyond the life of the parent."""
    parent = os.getppid()
    work = asyncio.create_task(follow(folder, serving=serving))
    while not work.done() and os.getppid() == parent:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await asyncio.shield(work)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work


def main() -> None:
    """Ends by itself; signals of the terminal are for the parent."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    os.nice(19)
    asyncio.run(_with_parent(Path(sys.argv[1]), serving="--serve" in sys.argv[2:]))


if __name__ == "__main__":
    main()
