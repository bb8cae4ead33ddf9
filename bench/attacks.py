"""Runs attacked at seeded instants: files, locks, disk and ports are taken away, programs are hit.

What is left of a run after 10 s, what of others was touched, which secrets went elsewhere, who
ended in 1 or in a traceback.

python -m bench.attacks [--times 3] [--seed 1] [--kind folder]... [--system process]
    [--workers 2] [--output json]
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path

from bench.endings import ENDINGS
from bench.strangers import NOBODY, ON, STRANGERS
from bench.systems import SYSTEMS, System
from bench.victims import LEFT_S, NotStarted, Outcome, Victim, listening, start
from harness.undo.recovery import RECOVERY

STARTS = 3
END_S = 60.0  # a harness that lives still judges, and writes its report


def folder(victim: Victim) -> None:
    """The run folder is deleted in mid-run."""
    shutil.rmtree(victim.dir)


def listing(victim: Victim) -> None:
    """The list of runs is removed and the harness killed."""
    shutil.rmtree(victim.cache / "active", ignore_errors=True)
    victim.kill()


def everything(victim: Victim) -> None:
    """Folder and list are gone, nobody is left to heal: `clear` finds it by its marks."""
    victim.kill(watchdog=True)
    shutil.rmtree(victim.dir)
    shutil.rmtree(victim.cache / "active", ignore_errors=True)
    said = victim.harness("faults", "list")
    if "found by its mark" not in said.stdout:
        victim.outcome.left.append(f"not named: {said.stdout}{said.stderr}")
    victim.clear()


def lock(victim: Victim) -> None:
    """Every lock is held by somebody else, and the harness killed."""
    for name in ("recovery.lock", "faults.jsonl"):
        path = victim.dir / name
        opened = subprocess.run(
            ["cat", path], user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True
        )
        if opened.returncode == 0:
            victim.outcome.touched.append(f"{path} can be opened, so locked, by anybody")
        handle = victim.stack.enter_context(path.open("a"))
        fcntl.flock(handle, fcntl.LOCK_EX)
    victim.kill()


def disk(victim: Victim) -> None:
    """The disk of the run folder is full, and the harness killed."""
    _full(victim.runs)
    victim.kill()


def disk_of_cache(victim: Victim) -> None:
    """The same of the cache, where the database is."""
    _full(victim.cache)
    victim.kill()


def disk_of_tmp(victim: Victim) -> None:
    """The same of the folder for temporary files."""
    _full(victim.root / "tmp")
    victim.kill()


def _full(folder: Path) -> None:
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(2**16))


def line(victim: Victim) -> None:
    """Lines that are no records, half a recovery state, no run.json; both guards dead."""
    with (victim.dir / "faults.jsonl").open("ab") as log:
        log.write(b'{}\nnull\n[]\n{"id"\n')
    raw = (victim.dir / RECOVERY).read_bytes()
    (victim.dir / RECOVERY).write_bytes(raw[: len(raw) // 2])
    (victim.dir / "run.json").unlink()
    victim.kill(watchdog=True)
    victim.harness("faults", "list")
    victim.clear()


def port(victim: Victim) -> None:
    """Toxiproxy dies, and another user listens at its control port at once."""
    state = victim.state
    pid = next(p["pid"] for p in state["processes"] if p["program"] == "toxiproxy")
    os.kill(pid, signal.SIGKILL)
    victim.stack.enter_context(listening(state["api"], victim))
    victim.process.send_signal(signal.SIGTERM)


def foreign(victim: Victim) -> None:
    """What is on record names another's process, folder, address and command."""
    sleep = subprocess.Popen(["sleep", "60"], cwd=victim.state["work_dir"])
    victim.stack.callback(sleep.wait)
    victim.stack.callback(sleep.kill)
    other, marker = victim.root / "other", victim.root / "ran"
    other.mkdir(exist_ok=True)
    (other / "kept").touch()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    victim.stack.enter_context(listening(address, victim))
    victim.kill(watchdog=True)
    state = victim.state
    state["processes"].append({"pid": sleep.pid, "start_ticks": 0, "program": "lending"})
    state |= {"work_dir": str(other), "data_dir": str(other), "api": address}
    argv = {"argv": ["touch", str(marker)], "log": "/dev/null", "cwd": "/"}
    state["commands"] = dict.fromkeys(["toxiproxy", *state["services"]], argv)
    (victim.dir / RECOVERY).write_text(json.dumps(state))
    victim.clear()
    if sleep.poll() is not None:
        victim.outcome.touched.append("a process whose working folder was the run's")
    if not (other / "kept").exists():
        victim.outcome.touched.append("another folder")
    if marker.exists():
        victim.outcome.touched.append("a command line of the file was run")


TAKEN: dict[str, Callable[[Victim], None]] = {
    work.__name__: work
    for work in (
        *(folder, listing, everything, lock, line, port, foreign),
        *(disk, disk_of_cache, disk_of_tmp),
    )
}
KINDS = TAKEN | ENDINGS | STRANGERS
NOT_IN_CONTAINERS = ("port", "foreign", "disk_of_cache", "flooded")
"""Addresses that nobody else can take, no processes on record, the database on a volume."""


def attack(kind: str, seed: int, root: Path, system: System = SYSTEMS["small"]) -> Outcome:
    """Start a run, take something away at a seeded instant, look what is left within LEFT_S.

    Raises:
        NotStarted: no run came to its faults, several times in a row.
    """
    for number in range(STARTS - 1):
        with suppress(NotStarted):  # too busy a machine: nothing was attacked
            return _attack(kind, seed, root / str(number), system)
    return _attack(kind, seed, root / str(STARTS), system)


def _attack(kind: str, seed: int, root: Path, system: System) -> Outcome:
    dice, outcome = random.Random(seed), Outcome(kind, seed)
    with ExitStack() as stack:
        victim = start(kind, dice, root, outcome, stack, system)
        time.sleep(dice.uniform(*system.fault_s))
        hit_s = time.monotonic()
        KINDS[kind](victim)
        if not victim.goes_on:
            outcome.left += _left(victim, hit_s)
            outcome.left_s = round(time.monotonic() - hit_s, 1)
        _await_end(victim)
        end_s = time.monotonic()
        outcome.left += _left(victim, end_s, secrets=True)
        if victim.goes_on:
            outcome.left_s = round(time.monotonic() - end_s, 1)
        logs = [*root.glob("*.out"), *victim.runs.rglob("watchdog.log")]
        outcome.tracebacks += sum(b"Traceback" in log.read_bytes() for log in logs)
        if (victim.dir / "run.json").exists() and not (victim.dir / "verdict.json").exists():
            outcome.left.append("no verdict.json")
        if outcome.left:
            victim.clear()
    return outcome


def _await_end(victim: Victim) -> None:
    """The harness ends as it should, and writes down what is known."""
    try:
        code = victim.process.wait(END_S)
    except subprocess.TimeoutExpired:
        victim.outcome.left.append("the harness itself")
        victim.kill()
        return
    victim.outcome.exit_1 += code == 1
    if victim.expected and code not in victim.expected:
        victim.outcome.left.append(f"exit code {code}, not one of {victim.expected}")


def _left(victim: Victim, since_s: float, *, secrets: bool = False) -> list[str]:
    """What of it is still there LEFT_S after an instant; with files that hold a secret, which go
    last."""
    while True:
        left = [*victim.things(), *(victim.secrets() if secrets else ())]
        if not left or time.monotonic() - since_s >= LEFT_S:
            return left
        time.sleep(0.1)


def main() -> None:
    """Attack, print what came of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=3)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--kind", choices=KINDS, action="append")
    options.add_argument("--workers", type=int, default=2, help="at once; each has its own cache")
    options.add_argument("--system", choices=SYSTEMS, default="small")
    options.add_argument("--output", choices=("text", "json"), default="text")
    given = options.parse_args()
    left_out = NOT_IN_CONTAINERS if SYSTEMS[given.system].runtime == "docker" else ()
    kinds = given.kind or [kind for kind in KINDS if kind not in left_out]
    asked = [(kind, given.seed + number) for number in range(given.times) for kind in kinds]

    def one(order: tuple[str, int]) -> Outcome:
        with tempfile.TemporaryDirectory(prefix="chaos-harness-attack-") as folder:
            system = ON.get(order[0], given.system) if given.system == "small" else given.system
            outcome = attack(*order, Path(folder), SYSTEMS[system])
        if given.output == "text":
            print(outcome, flush=True)
        return outcome

    with ThreadPoolExecutor(given.workers) as pool:
        outcomes = list(pool.map(one, asked))
    sums = {
        "left": sum(bool(each.left) for each in outcomes),
        "touched": sum(bool(each.touched) for each in outcomes),
        "secrets_sent": sum(each.secrets_sent for each in outcomes),
        "exit_1": sum(each.exit_1 for each in outcomes),
        "tracebacks": sum(each.tracebacks for each in outcomes),
    }
    whole = {**sums, "attacks": [asdict(each) for each in outcomes]}
    print(json.dumps(whole if given.output == "json" else sums, indent=1))


if __name__ == "__main__":
    main()
