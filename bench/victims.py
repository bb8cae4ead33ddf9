"""One run under attack: started until a fault is active. Used by bench/attacks.py."""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.kills import FIRST, HARNESS, SECOND, TEMPLATE
from harness.runtimes.real.procs import marked
from harness.toolchain import cache_dir
from harness.undo.faultlog import FaultLog
from harness.undo.leases import WATCHDOG, holder
from harness.undo.recovery import RECOVERY

START_S = 60.0
DISK_MIB = 8


@dataclass
class Outcome:
    """What one attack did.

    Args:
        left: processes and folders of the run after LEFT_S.
        touched: things of others that were killed, deleted or overwritten.
        secrets_sent: how often the token reached somebody else.
        exit_1: commands that ended in 1 although they should have said more.
        tracebacks: in any output or log.
    """

    kind: str
    seed: int
    left: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    secrets_sent: int = 0
    exit_1: int = 0
    tracebacks: int = 0
    left_s: float = 0.0


@dataclass
class Victim:
    """One run under attack."""

    root: Path
    runs: Path
    process: subprocess.Popen[bytes]
    outcome: Outcome
    stack: ExitStack
    token: str = ""
    dir: Path = Path()

    @property
    def state(self) -> dict[str, Any]:
        """What is on record of it."""
        found: dict[str, Any] = json.loads((self.dir / RECOVERY).read_bytes())
        return found

    def kill(self, *, watchdog: bool = False) -> None:
        """SIGKILL the harness, and its watchdog first."""
        pid = holder(self.dir / WATCHDOG).pid
        if watchdog and pid:
            os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def clear(self) -> None:
        """`harness faults clear`, which must neither end in 1 nor in a traceback."""
        done = subprocess.run([HARNESS, "faults", "clear"], capture_output=True, check=False)
        self.outcome.exit_1 += done.returncode == 1
        said = done.stdout + done.stderr
        self.outcome.tracebacks += b"Traceback" in said

    def things(self) -> list[str]:
        """What exists of it, by marks alone."""
        cache = str(cache_dir())
        run = [one for one in marked() if one.cache == cache and one.owner.startswith(self.owner)]
        work = (cache_dir() / "work").glob(f"*-{self.process.pid}")
        return [str(one.proc) for one in run] + [str(path) for path in work]

    @property
    def owner(self) -> str:
        """As the marks tell of it."""
        return f"{self.process.pid}:"


def start(kind: str, dice: random.Random, root: Path, outcome: Outcome, stack: ExitStack) -> Victim:
    """A run in which a fault is active."""
    root.mkdir(parents=True, exist_ok=True)
    document, runs = root / "attack.yaml", root / "runs"
    text = TEMPLATE.format(first=dice.choice(FIRST), second=dice.choice(SECOND))
    document.write_text(text)
    if kind == "disk":
        runs.mkdir()
        size = f"size={DISK_MIB}m,mode=0755"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", runs], check=True)
        stack.callback(lambda: subprocess.run(["umount", "-l", runs], check=True))
    command = [HARNESS, "run", str(document), "--runtime", "process", "--runs", str(runs)]
    out = stack.enter_context((root / "run.out").open("wb"))
    process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    victim = Victim(root, runs, process, outcome, stack)
    until_s = time.monotonic() + START_S
    while not _in_fault(victim):
        if process.poll() is not None or time.monotonic() > until_s:
            raise SystemExit(
                f"the run did not come to its faults: {(root / 'run.out').read_text()}"
            )
        time.sleep(0.05)
    return victim


def _in_fault(victim: Victim) -> bool:
    found = sorted((victim.runs / "attack").glob("20*"))
    if not found or not (found[-1] / "token").exists():
        return False
    victim.dir = found[-1]
    victim.token = (victim.dir / "token").read_text()
    return any(one.state == "injected" for one in FaultLog(victim.dir / "faults.jsonl").active())


@contextmanager
def listening(address: str, victim: Victim) -> Iterator[None]:
    """Somebody else at an address, who counts the secrets that reach it."""
    host, number = address.rsplit(":", 1)
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.settimeout(0.2)
        until_s = time.monotonic() + 2.0
        while True:
            try:
                server.bind((host, int(number)))
                break
            except OSError:
                if time.monotonic() > until_s:
                    raise
        server.listen()
        done = threading.Event()
        thread = threading.Thread(target=_listen, args=(server, victim, done))
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _listen(server: socket.socket, victim: Victim, done: threading.Event) -> None:
    secrets = (victim.token.encode(), base64.b64encode(f"harness:{victim.token}".encode()))
    while not done.is_set():
        try:
            one, _ = server.accept()
        except TimeoutError:
            continue
        with one:
            one.settimeout(0.5)
            try:
                said = one.recv(65_536)
                victim.outcome.secrets_sent += any(secret in said for secret in secrets)
                one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            except OSError:
                continue
