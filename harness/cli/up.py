"""`harness up` and `harness down`: a system for people to look at, beside all runs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping

from rich.table import Table

from harness.cli.console import note, out, progress, stdout
from harness.clock import utc_stamp
from harness.errors import ConfigError, HarnessError, LeftOvers, Problem, RuntimeFailure
from harness.model import EXITS
from harness.plugins import DEFAULT_TARGET, absolute
from harness.prepare import as_designed, in_topology, load_design
from harness.private import make_private
from harness.registry import load_vocabulary
from harness.rng import fresh_token
from harness.runner import Say
from harness.runtime_choice import refuse_runtime
from harness.runtime_kind import RunContext, RuntimeKind, StandingRuntime
from harness.runtime_registry import load_runtime, runtime_kinds
from harness.standing import UP, WORK_S, Standing, alone, standing
from harness.store import RUN, RunFolder
from harness.target import Target
from harness.toolchain import cache_dir
from harness.undo.left_overs import refuse_left_overs
from harness.undo.supervision import Watched

DESIGN = "hardened"
SEED = 1  # of the stand-ins' dice: a system to look at is no experiment


def up_command(runtime: str, design: str | None, target: str = "", topology: str = "") -> int:
    """Bring a system up, or say that one is.

    Args:
        design: None for the one that is up, or `hardened`.
        topology: of the target; "" for its own.

    Returns:
        0 when everything answers, else 4.
    """
    kind, say = load_runtime(runtime), progress()
    if topology:
        target = in_topology(load_vocabulary(target), topology).source.ref
    stand = _stand(kind)
    with alone():
        for one in standing():
            if one.alive():
                if not one.state:
                    raise LeftOvers(
                        f"{one.run_id} stands, and its record is gone or cannot be read: "
                        f"{', '.join(one.alive())}; run: harness down"
                    )
                _refuse_another(one, runtime, design, target)
                return _show(one, "already up")
            one.drop()
        refuse_left_overs(say)
        words = load_vocabulary(target)
        values = load_design(design or DESIGN, words)
        words = as_designed(words, values)
        refuse_runtime(words.target, kind)
        if missing := kind.missing_for(words.target):
            raise RuntimeFailure("\n".join(missing))
        folder = RunFolder(cache_dir() / UP / utc_stamp())
        made = stand(RunContext(folder.run_id, folder.path, SEED, fresh_token()))
        record = {
            "run_id": folder.run_id,
            "runtime": runtime,
            "design": design or DESIGN,
            "entry": words.target.entry,
            "target": {"source": words.source.ref, "sha256": words.source.sha256},
        }
        make_private(folder.path)
        folder.write_json(RUN, record)
        one = Standing(folder.path, record)
        _bring_up(one, kind, made, words.target, values, say)
        return _show(one, "up")


def _bring_up(
    one: Standing,
    kind: RuntimeKind,
    runtime: StandingRuntime,
    target: Target,
    design: Mapping[str, object],
    say: Say,
) -> None:
    """Start it under guard, then let it stand; on failure nothing is left."""
    guard = Watched(RunFolder(one.folder), WORK_S, say)

    async def begin() -> None:
        loop, this = asyncio.get_running_loop(), asyncio.current_task()
        assert this is not None  # noqa: S101 - it runs
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, this.cancel)
        await guard.begin()
        guard.supervise(runtime)
        say(f"starting design {one.record['design']} on {one.record['runtime']}")
        await runtime.start(target, design)
        await runtime.leave()

    try:
        kind.run(begin(), seed=SEED)
        guard.hand_over()
    except BaseException as why:
        clean = not one.alive()
        guard.release(clean=clean)
        if clean:
            one.drop()
        if isinstance(why, asyncio.CancelledError):
            raise SystemExit(EXITS["SIGTERM"]) from None
        raise


def down_command() -> int:
    """Take down what is up, all of it and nothing else.

    Returns:
        0; what cannot be ended is raised.
    """
    with alone(note):
        found = standing(note)
        problems = list(filter(None, map(_take_down, found)))
    if problems:
        raise RuntimeFailure("\n".join(problems))
    if not found:
        out("nothing is up")
    return 0


def _take_down(one: Standing) -> str:
    """End one system: the next is ended whatever becomes of it.

    Returns:
        what kept it from being ended; "" when nothing is left.
    """
    try:
        parts = len(one.alive())
        one.end()
    except HarnessError as why:
        return f"{one.run_id}: {why}"
    what = f"design {one.record['design']}" if "design" in one.record else one.run_id
    out(f"down: {what}, {parts} parts ended, nothing is left")
    return ""


def _stand(kind: RuntimeKind) -> Callable[[RunContext], StandingRuntime]:
    """What makes a runtime that can be left standing.

    Raises:
        ConfigError: this one keeps nothing beyond its own process.
    """
    if kind.stand is None:
        able = [one.name for one in runtime_kinds().values() if one.stand is not None]
        raise ConfigError(
            Problem(
                f"{kind.name} ends with its own process: nothing of it can stand",
                "--runtime",
                ", ".join(able),
                f"harness run X01 --runtime {kind.name}",
            )
        )
    return kind.stand


def _refuse_another(one: Standing, runtime: str, design: str | None, target: str) -> None:
    up = (
        one.record["runtime"],
        one.record["design"],
        one.record.get("target", {}).get("source", DEFAULT_TARGET),
    )
    asked = (runtime, design or up[1], absolute(target) if target else up[2])
    if asked != up:
        raise ConfigError(
            Problem(
                f"{_described(*asked)} was asked for; {_described(*up)} is up",
                remedy="harness down, then harness up",
            )
        )


def _described(runtime: str, design: str, target: str) -> str:
    own = f" of {target}" if target != DEFAULT_TARGET else ""
    return f"design {design}{own} on {runtime}"


def _show(one: Standing, word: str) -> int:
    try:
        rows = asyncio.run(one.rows())
    except HarnessError as why:  # its token is gone, for one
        raise RuntimeFailure(f"{why}; try: harness down, then harness up") from None
    console = stdout()
    table = Table(box=None, pad_edge=False)
    for title in ("what", "address", "health"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(row.what, row.address, row.health)
    console.print(table)
    console.print(f"\n{word}: design {one.record['design']} on {one.record['runtime']}")
    console.print(f"token   {one.folder}/token, for control routes and Toxiproxy", soft_wrap=True)
    console.print("end     harness down")
    sick = [row.what for row in rows if row.health != "ok"]
    if sick:
        console.print(f"\nno answer: {', '.join(sick)}; try: harness down, then harness up")
    return 4 if sick else 0
