"""One run under attack: started until a fault is active. Used by bench/attacks.py."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.kills import HARNESS
from bench.systems import System
from harness.runtimes.real.procs import marked
from harness.toolchain.cache import prepare_cache
from harness.undo.faultlog import FaultLog
from harness.undo.leases import WATCHDOG, holder
from harness.undo.recovery import RECOVERY
from harness.undo.watchdogs import watchdogs_of

START_S = 120.0  # on a machine that does other things too
DISK_MIB, CACHE_MIB = 8, 256  # the database is in the cache
LEFT_S = 10.0  # within which nothing of a run may be left
CACHE = "HARNESS_CACHE"
LABEL = "chaos-harness.cache"  # of every object in containers
OF_RUNS = ("active", "up", "work")  # what is a run's, not a part


class NotStarted(Exception):
    """The run did not come to its faults."""


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
    """One run under attack.

    Args:
        goes_on: the attack leaves the run alive: it ends when it ends.
        expected: exit codes; () where any but 1 will do.
    """

    root: Path
    runs: Path
    process: subprocess.Popen[bytes]
    outcome: Outcome
    stack: ExitStack
    cache: Path
    system: System
    token: str = ""
    dir: Path = Path()
    goes_on: bool = False
    expected: tuple[int, ...] = ()

    @property
    def run_id(self) -> str:
        """Whatever became of its folder."""
        return f"{self.dir.parent.name}-{self.dir.name}-{self.process.pid}"

    @property
    def state(self) -> dict[str, Any]:
        """What is on record of it."""
        found: dict[str, Any] = json.loads((self.dir / RECOVERY).read_bytes())
        return found

    def kill(self, *, watchdog: bool = False) -> None:
        """SIGKILL the harness, and its watchdog first."""
        if watchdog:
            os.kill(self.watchdog(), signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def watchdog(self) -> int:
        """Its watchdog's process id, once there is one: a slow machine may just replace it."""
        until_s = time.monotonic() + LEFT_S
        while True:
            who = holder(self.dir / WATCHDOG)
            if who.state == "alive" or time.monotonic() > until_s:
                return who.pid
            time.sleep(0.02)

    def pids(self, name: str) -> list[int]:
        """The processes of a program of the run; `stand_in` is one of several."""
        wanted = self.system.stand_in if name == "stand_in" else name
        if self.system.runtime == "docker" and wanted != "load":
            return _pids_in_container(self.cache, wanted)
        return [one["pid"] for one in self.state["processes"] if one["program"] == wanted]

    def secrets(self) -> list[str]:
        """Files with a secret in them."""
        names = ("token", "config/pgpass")
        return [str(self.dir / name) for name in names if (self.dir / name).exists()]

    def clear(self) -> None:
        """`harness faults clear`, which must neither end in 1 nor in a traceback."""
        done = self.harness("faults", "clear")
        self.outcome.exit_1 += done.returncode == 1
        self.outcome.tracebacks += "Traceback" in done.stdout + done.stderr

    def harness(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of somebody at another terminal."""
        return subprocess.run(
            [HARNESS, *words], env=env_of(self.cache), capture_output=True, text=True, check=False
        )

    def things(self) -> list[str]:
        """What exists of it: by marks, in its work folder; once the harness is gone also on the
        list, and watchdogs."""
        run = [str(one.proc) for one in marked() if one.cache == str(self.cache)]
        run += _containers(self.cache) if self.system.runtime == "docker" else []
        names: tuple[str, ...] = ("work",)
        if self.process.poll() is not None:
            names = ("work", "active")
            run += map(str, watchdogs_of(self.cache / "active", self.run_id))
        kept = [str(path) for name in names for path in (self.cache / name).glob("*")]
        return [*run, *kept]


def _small_disk(folder: Path, mib: int, stack: ExitStack) -> None:
    folder.mkdir(exist_ok=True)
    options = f"size={mib}m,mode={'1777' if folder.name == 'tmp' else '0755'}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    stack.callback(lambda: subprocess.run(["umount", "-l", folder], check=True))


def env_of(cache: Path) -> dict[str, str]:
    """For commands on runs of one cache."""
    return {**os.environ, CACHE: str(cache), "PYTHONPATH": str(Path(__file__).parents[1])}


def start(
    kind: str,
    dice: random.Random,
    root: Path,
    outcome: Outcome,
    stack: ExitStack,
    system: System,
) -> Victim:
    """A run in which a fault is active."""
    root.mkdir(parents=True, exist_ok=True)
    document, runs, tmp = root / "attack.yaml", root / "runs", root / "tmp"
    tmp.mkdir(exist_ok=True)
    tmp.chmod(0o1777)
    document.write_text(system.document(dice))
    for folder, wanted in ((runs, "disk"), (tmp, "disk_of_tmp")):
        if kind == wanted:
            _small_disk(folder, DISK_MIB, stack)
    command = [HARNESS, "run", str(document), "--runtime", system.runtime, "--runs", str(runs)]
    cache = own_cache(stack, CACHE_MIB if kind == "disk_of_cache" else 0)
    out = stack.enter_context((root / "run.out").open("wb"))
    process = subprocess.Popen(
        command,
        stdout=out,
        stderr=out,
        start_new_session=True,
        env={**env_of(cache), "TMPDIR": str(tmp)},
    )
    victim = Victim(root, runs, process, outcome, stack, cache, system)
    until_s = time.monotonic() + START_S
    while not _in_fault(victim):
        if process.poll() is not None or time.monotonic() > until_s:
            process.terminate()
            process.wait(START_S)
            raise NotStarted((root / "run.out").read_text())
        time.sleep(0.05)
    return victim


def own_cache(stack: ExitStack, mib: int = 0) -> Path:
    """A cache in which nobody else runs anything, with links to the parts that are made once.

    PostgreSQL runs as a user of its own, who must be able to enter it.

    Args:
        mib: how large a disk of its own is; 0 for none.
    """
    cache = Path(tempfile.mkdtemp(prefix="chaos-harness-cache-"))
    stack.callback(shutil.rmtree, cache, ignore_errors=True)
    cache.chmod(0o755)
    if mib:
        _small_disk(cache, mib, stack)
    for part in prepare_cache().iterdir():
        if part.name not in OF_RUNS and not part.name.startswith("."):
            (cache / part.name).symlink_to(part)
    return cache


def _pids_in_container(cache: Path, program: str) -> list[int]:
    """What a container of a run has been started with, by its number on this machine."""
    labels = [f"label={LABEL}={cache}", f"label=chaos-harness.program={program}"]
    filters = [word for label in labels for word in ("--filter", label)]
    found = _docker("ps", *filters, "-q")
    return [int(pid) for pid in _docker("inspect", "-f", "{{.State.Pid}}", *found)] if found else []


def _docker(*words: str) -> list[str]:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=True)
    return done.stdout.split()


def _containers(cache: Path) -> list[str]:
    """Containers, networks and volumes of runs of a cache, by their label alone."""
    label = f"label={LABEL}={cache}"
    found = []
    for what in (["ps", "-a"], ["network", "ls"], ["volume", "ls"]):
        found += [f"docker {what[0]} {one}" for one in _docker(*what, "--filter", label, "-q")]
    return found


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
