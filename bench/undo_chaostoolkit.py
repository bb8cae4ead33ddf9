"""The same kills against Chaos Toolkit with its Toxiproxy extension: how many faults stay behind.

    python -m bench.undo_chaostoolkit [--kills 5] [--seed 1] [--lanes 4]

Chaos Toolkit is installed into a folder that is gone afterwards, with the newest Python found here,
so that it is its newest release. Its experiment is set up as its documentation says: the undo of
the fault, then a reset, stand under `rollbacks`. Every run speaks to the same real Toxiproxy
server that the harness uses.

Variants: `default`; `always` is `--rollback-strategy=always`; `always+uv` adds `runtime.python`,
with which (since 1.21) the experiment runs in a child process of its own session, and the process
that the user started relays SIGINT and SIGTERM to it. The process that the user started is hit;
"and child" hits the child too. A fault that the orphaned child still undoes counts as undone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bench.chaostoolkit_experiment import EXTENSION, Ending, Variant
from bench.kills_chaostoolkit import Bench, Outcome, serving
from harness.errors import RuntimeFailure
from harness.rng import Seed
from harness.toolchain import Missing, find_toxiproxy

PYTHON_MIN = (3, 12)  # Chaos Toolkit 1.20 and newer need it, as their metadata say
PYTHONS = ("python3.14", "python3.13", "python3.12")
INSTALL_S_MAX = 120.0  # chosen, not measured: a dozen small wheels
ALWAYS = ("--rollback-strategy=always",)
WITH_UV = Variant("always+uv", ALWAYS, with_uv=True)
VARIANTS = (Variant("default"), Variant("always", ALWAYS), WITH_UV)
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "SIGSTOP")
BOTH = Ending("SIGKILL and child", hit_by=signal.SIGKILL, and_child=True)
ENDINGS = (
    Ending("end, hypothesis holds", ("latency",)),
    Ending("end, out of tolerance", ("down",), asks_proxy=True),
    Ending("end, probe fails", ("timeout", "down")),
    Ending("end, nothing injected", proxy="no-such-proxy"),
    *(Ending(name, hit_by=signal.Signals[name]) for name in SIGNALS),
)
Batch = tuple[Ending, Variant]


def main() -> int:
    """Install, run every batch, print the table; 0 also when it cannot be installed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=5, help="for each ending and variant")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--lanes", type=int, default=4, help="batches at the same time")
    options.add_argument("--python", type=Path, help="for Chaos Toolkit; the newest found here")
    given = options.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        print(measure(given.python or newest_python(), given.kills, given.seed, given.lanes))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130  # 128 + SIGINT, as shells say it
    return 0


def measure(python: Path, kills: int, seed: int, lanes: int) -> str:
    """The versions and the table, or why nothing could be measured."""
    if isinstance(toxiproxy := find_toxiproxy(), Missing):
        return f"not measured: no Toxiproxy; {toxiproxy.remedy}"
    with tempfile.TemporaryDirectory(prefix="chaos-harness-chaostoolkit-") as name:
        try:
            versions, variants = install(Path(name), python)
        except RuntimeFailure as why:
            return f"not measured: {why}"
        bench = Bench(Path(name), toxiproxy.path, Seed(seed), kills)
        results = asyncio.run(run_all(bench, variants, lanes))
    return f"{versions}, Toxiproxy {toxiproxy.version}; seed {seed}\n{table(results)}"


async def run_all(
    bench: Bench, variants: Sequence[Variant], lanes: int
) -> dict[Batch, list[Outcome]]:
    """Every ending with every variant; a signal to us ends all that we started."""
    task = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A handler here also gives children the default, where `nohup` or `&` would ignore it.
        asyncio.get_running_loop().add_signal_handler(number, task.cancel if task else sys.exit)
    batches = [(ending, variant) for ending in ENDINGS for variant in variants]
    batches += [(BOTH, WITH_UV)] if WITH_UV in variants else []
    free = asyncio.Semaphore(lanes)
    async with serving() as upstream, asyncio.TaskGroup() as group:
        # The longest first, so that none is left alone at the end.
        order = sorted(batches, key=lambda batch: batch[0].hit_by is not signal.SIGSTOP)
        tasks = {batch: group.create_task(_batch(bench, batch, upstream, free)) for batch in order}
    return {batch: tasks[batch].result() for batch in batches}


async def _batch(
    bench: Bench, batch: Batch, upstream: str, free: asyncio.Semaphore
) -> list[Outcome]:
    async with free:
        return await bench.batch(*batch, upstream)


def install(folder: Path, python: Path) -> tuple[str, list[Variant]]:
    """Install Chaos Toolkit below `folder`; its versions, and the variants that can be run.

    Raises:
        RuntimeFailure: it cannot be installed; with the reason.
    """
    programs = folder / "venv" / "bin"
    ask([python, "-m", "venv", folder / "venv"])
    ask([programs / "pip", "install", "--quiet", "chaostoolkit", EXTENSION])
    listed = json.loads(ask([programs / "pip", "list", "--format=json"]))
    versions = {entry["name"]: entry["version"] for entry in listed}
    shown = ["chaostoolkit", "chaostoolkit-lib", EXTENSION]
    line = ", ".join(f"{name} {versions[name]}" for name in shown)
    line += f", {ask([python, '--version']).strip()}"
    try:
        return f"{line}, {_install_uv(folder)}", list(VARIANTS)
    except RuntimeFailure as why:
        print(f"without the variant {WITH_UV.name}: {why}")
        return line, [variant for variant in VARIANTS if variant is not WITH_UV]


def _install_uv(folder: Path) -> str:
    """Install uv and let it fetch the extension once, so that no run waits for that."""
    programs = folder / "venv" / "bin"
    ask([programs / "python", "-c", "import chaostoolkit.runtime"])
    ask([programs / "pip", "install", "--quiet", "uv"])
    run: list[str | Path] = [programs / "uv", "run", "--no-project", "--cache-dir", folder / "uv"]
    ask([*run, "--python", programs / "python", "--with", EXTENSION, "--", "python", "-c", ""])
    return ask([programs / "uv", "--version"]).strip().partition(" (")[0]


def newest_python() -> Path:
    """The newest Python that works: on PATH, beside this one, or this one."""
    found = {_version(python): python for python in _pythons()}
    newest = max(found)
    return found[newest] if newest >= PYTHON_MIN else Path(sys.executable)


def _pythons() -> Iterator[Path]:
    yield Path(sys.executable)
    yield from (Path(path) for name in PYTHONS if (path := shutil.which(name)))
    yield from sorted(Path(sys.base_prefix).parent.glob("3.*/bin/python3"))


def _version(python: Path) -> tuple[int, ...]:
    """Its version; nothing for one that does not run or cannot make environments."""
    code = "import sys, venv, ensurepip; print(*sys.version_info[:3])"
    try:
        return tuple(map(int, ask([python, "-c", code]).split()))
    except RuntimeFailure:
        return ()


def ask(command: Sequence[str | Path]) -> str:
    """What a command prints.

    Raises:
        RuntimeFailure: it failed; with the last line that it said.
    """
    words = [*map(str, command)]
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=INSTALL_S_MAX, env=quiet, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as why:
        raise RuntimeFailure(f"{words[0]}: {why}") from why
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["(it said nothing)"]
        raise RuntimeFailure(f"{' '.join(words[:4])} ended with {done.returncode}: {said[-1]}")
    return done.stdout


def table(results: dict[Batch, list[Outcome]]) -> str:
    """Ending, variant, kills, left behind, exit codes, seconds from the signal to the undo."""
    head = (
        f"{'ending':<24}{'variant':<11}{'kills':>6}{'left':>6}{'median s':>10}{'worst s':>9}  exit"
    )
    rows = [_row(ending.name, variant.name, runs) for (ending, variant), runs in results.items()]
    for name in dict.fromkeys(variant.name for _, variant in results):
        runs = [
            run
            for (ending, variant), batch in results.items()
            if variant.name == name and ending.hit_by
            for run in batch
        ]
        rows.append(_row("all signals", name, runs))
    return "\n".join([head, *rows])


def _row(ending: str, variant: str, runs: Sequence[Outcome]) -> str:
    healed = [run.healed_s for run in runs if run.healed_s is not None]
    times = f"{statistics.median(healed):>10.1f}{max(healed):>9.1f}" if healed else f"{'':>19}"
    left = sum(run.left for run in runs)
    codes = _codes(run.exit_code for run in runs)
    return f"{ending:<24}{variant:<11}{len(runs):>6}{left:>6}{times}  {codes}"


def _codes(codes: Iterable[int | None]) -> str:
    return ", ".join(sorted({"still running" if code is None else str(code) for code in codes}))


if __name__ == "__main__":
    sys.exit(main())
