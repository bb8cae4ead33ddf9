"""Kills one run at an instant and looks what is left of it. Used by bench/undo.py and the tests."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.store import FAULTS, RUN
from harness.undo.faultlog import FaultLog
from harness.undo.leases import WATCHDOG, active_dir, active_runs, holder
from harness.undo.recovery import RECOVERY, state_of

HARNESS = str(Path(sys.executable).with_name("harness"))
RUN_S = (0.3, 10.0)  # from the start of the command: anywhere in a run
FAULT_S = (0.0, 2.5)  # from the first active fault: the faults of TEMPLATE last 3 and 4 s
CLEAN_S = 60.0  # a run that is not clean by then left something behind
WAKE_S = 7.0  # a stopped program is woken after so long: past the 5 s within which all is healed
TEMPLATE = """\
title: A short run to be killed
load: {{arrivals: 15/s, journeys: {{consumer: 6, repayer: 2}}}}
steady-state-hypothesis:
  title: served
  probes: [{{name: limits, measure: served_ratio, of: read_limit, tolerance: ">= 0.9"}}]
method:
  - {{at: 5s, for: 4s, {first}}}
  - {{at: 5500ms, for: 3s, {second}}}
recovery: 2s
objectives: {{recovery: 1s, answer: 3s}}
invariants: [no_double_payout]
blast-radius: {{links: ["lending->payment_a", "lending->risk"], services: [payment_a, funding_a]}}
"""
FIRST = (
    "fault: timeout, link: lending->payment_a, stream: downstream",
    "fault: latency, link: lending->payment_a, delay: 500ms",
    "fault: reset_peer, link: lending->payment_a",
    "fault: down, link: lending->payment_a",
)
SECOND = (
    "fault: reply_lost, service: payment_a",
    "fault: pause, service: funding_a",
    "fault: down, link: lending->risk",
    "fault: crash, service: funding_a",
)


@dataclass(frozen=True)
class Kind:
    """What is hit and how: programs of the run by name, `harness` and `watchdog` among them."""

    name: str
    victims: tuple[str, ...]
    signal: signal.Signals


KINDS = (
    Kind("SIGKILL harness", ("harness",), signal.SIGKILL),
    Kind("SIGKILL load", ("load",), signal.SIGKILL),
    Kind("SIGKILL toxiproxy", ("toxiproxy",), signal.SIGKILL),
    Kind("SIGKILL watchdog", ("watchdog",), signal.SIGKILL),
    Kind("SIGKILL harness and watchdog", ("watchdog", "harness"), signal.SIGKILL),
    Kind("SIGSTOP harness", ("harness",), signal.SIGSTOP),
    Kind("SIGSTOP load", ("load",), signal.SIGSTOP),
    Kind("SIGSTOP toxiproxy", ("toxiproxy",), signal.SIGSTOP),
    Kind("SIGSTOP watchdog", ("watchdog",), signal.SIGSTOP),
)


@dataclass
class Outcome:
    """What became of one killed run.

    Args:
        at_s: seconds from the start of the command to the kill.
        healed_s: from the kill until no fault was active any more; None when none was active.
        left: everything that was still there in the end; empty when clean.
        faults_active: how many faults were active when it was hit.
        cleared_by_hand: whether `harness faults clear` was needed (both guards were dead).
    """

    kind: str
    at_s: float
    exit_code: int | None = None
    healed_s: float | None = None
    left: list[str] = field(default_factory=list)
    faults_active: int = 0
    cleared_by_hand: bool = False
    checked: bool = False
    run_dir: str = ""


def kill_one(
    kind: Kind,
    seed: int,
    root: Path,
    *,
    runtime: str = "process",
    in_fault: bool = True,
    run_s: tuple[float, float] = RUN_S,
    text: str = TEMPLATE,
    words: tuple[str, ...] = (),
) -> Outcome:
    """Start a run, hit it at a seeded instant, wait until it is clean, look.

    Args:
        in_fault: within FAULT_S of the first active fault, however long the start takes; else
            anywhere within `run_s` of the start of the command.
        text: the document; `{first}` and `{second}` are faults by the dice.
        words: more of the command.
    """
    dice = random.Random(seed)
    root.mkdir(parents=True, exist_ok=True)
    document = root / f"kill_{seed}.yaml"
    document.write_text(text.format(first=dice.choice(FIRST), second=dice.choice(SECOND)))
    outcome = Outcome(kind.name, dice.uniform(*(FAULT_S if in_fault else run_s)))
    command = [HARNESS, "run", str(document), "--seed", str(seed), "--runs", str(root / "runs")]
    command += words
    started_s = time.monotonic()
    with (root / f"kill_{seed}.out").open("wb") as out:
        process = subprocess.Popen(
            [*command, "--runtime", runtime], stdout=out, stderr=out, start_new_session=True
        )
    if in_fault:
        _wait(lambda: process.poll() is not None or _active(root, seed), CLEAN_S)
        outcome.at_s += time.monotonic() - started_s
    _wait(lambda: time.monotonic() - started_s >= outcome.at_s, CLEAN_S)
    run_dir = _run_dir(root, seed)
    pids = _pids(kind, process, run_dir)
    log = FaultLog(run_dir / FAULTS) if run_dir else None
    outcome.faults_active = len(log.active()) if log else 0
    for pid in pids:
        os.kill(pid, kind.signal)
    hit_s = time.monotonic()
    if kind.signal is signal.SIGSTOP:
        _watch_healing(outcome, log, hit_s, WAKE_S)
        for pid in pids:
            _wake(pid)
    _await_end(kind, outcome, process, log, hit_s)
    outcome.exit_code = process.poll()
    if run_dir:
        outcome.run_dir = str(run_dir)
        _look(outcome, run_dir)
    outcome.checked = outcome.checked or run_dir is None  # it had not begun: nothing to check
    if process.poll() is None:
        outcome.left.append(f"harness {process.pid}")
        process.kill()
    return outcome


def _await_end(
    kind: Kind,
    outcome: Outcome,
    process: subprocess.Popen[bytes],
    log: FaultLog | None,
    hit_s: float,
) -> None:
    if kind.victims == ("watchdog", "harness"):
        process.wait()
        clear = subprocess.run([HARNESS, "faults", "clear"], capture_output=True, check=False)
        outcome.cleared_by_hand = True
        if clear.returncode:
            outcome.left.append(f"clear ended with {clear.returncode}: {clear.stderr.decode()}")
    _watch_healing(outcome, log, hit_s, CLEAN_S)
    name = process.pid
    _wait(lambda: process.poll() is not None and not _listed(name), CLEAN_S)


def _watch_healing(outcome: Outcome, log: FaultLog | None, hit_s: float, within_s: float) -> None:
    if log is None or not outcome.faults_active or outcome.healed_s is not None:
        return
    if _wait(lambda: not log.active(), within_s):
        outcome.healed_s = time.monotonic() - hit_s


def _listed(pid: int) -> bool:
    return any(run.run_id.endswith(f"-{pid}") for run in active_runs(active_dir()))


def _look(outcome: Outcome, run_dir: Path) -> None:
    """What is left: faults on record, processes, ports, the work folder, a place on the list."""
    runs = [run for run in active_runs(active_dir()) if run.run_dir == run_dir.resolve()]
    outcome.left += [f"on the list: {run.run_id} ({run.holder.state})" for run in runs]
    outcome.left += [f"fault {e.kind} at {e.where}" for e in FaultLog(run_dir / FAULTS).active()]
    recovery = run_dir / RECOVERY
    if recovery.exists():
        state = json.loads(recovery.read_text())
        outcome.left += _alive(run_dir)
        outcome.left += [f"{one} listens" for one in _addresses(state) if _listens(one)]
        if Path(state["work_dir"]).exists():
            outcome.left.append(f"folder {state['work_dir']}")
    report = subprocess.run([HARNESS, "report", str(run_dir)], capture_output=True, check=False)
    never_began = not (run_dir / "history.jsonl").exists()
    outcome.checked = report.returncode in (0, 1, 3) or never_began


def _alive(run_dir: Path) -> list[str]:
    from harness.undo.leases import ActiveRun, Holder

    state = state_of(ActiveRun(_run_id(run_dir), run_dir, Holder("gone", 0, 0)))
    return [f"process {one}" for one in state.processes]


def _run_id(run_dir: Path) -> str:
    return str(json.loads((run_dir / RUN).read_text())["run_id"])


def _addresses(state: dict[str, Any]) -> list[str]:
    addresses = [state["api"], *(s["address"] for s in state["services"].values())]
    addresses += [link["listen"] for link in state["links"].values()]
    addresses += [state["entry"]] if "entry" in state else []
    # A container's address is gone with its network: a call there would leave this machine.
    return [one for one in addresses if one.startswith("127.")]


def _listens(address: str) -> bool:
    host, port = address.rsplit(":", 1)
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, int(port))) == 0


def _active(root: Path, seed: int) -> bool:
    run_dir = _run_dir(root, seed)
    return run_dir is not None and any(
        one.state == "injected" for one in FaultLog(run_dir / FAULTS).active()
    )


def _run_dir(root: Path, seed: int) -> Path | None:
    found = sorted((root / "runs" / f"kill_{seed}").glob("20*"))
    return found[-1] if found else None


def _pids(kind: Kind, process: subprocess.Popen[bytes], run_dir: Path | None) -> list[int]:
    """The victims that live at this instant."""
    known = {"harness": process.pid if process.poll() is None else 0}
    if run_dir:
        watchdog = holder(run_dir / WATCHDOG)
        known["watchdog"] = watchdog.pid if watchdog.state != "gone" else 0
        known |= _recorded(run_dir)
    return [known[name] for name in kind.victims if known.get(name)]


def _recorded(run_dir: Path) -> dict[str, int]:
    recovery = run_dir / RECOVERY
    if not recovery.exists():
        return {}
    alive = set(re.findall(r"pid (\d+)", " ".join(_alive(run_dir))))
    processes = json.loads(recovery.read_text())["processes"]
    return {p["program"]: p["pid"] for p in processes if str(p["pid"]) in alive}


def _wake(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return  # it was ended meanwhile: that is one of the right endings


def _wait(ready: Callable[[], bool], within_s: float) -> bool:
    until_s = time.monotonic() + within_s
    while not ready():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.05)
    return True
