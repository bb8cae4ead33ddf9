"""Starting the programs of a run: marked, recorded, in one process group, off the terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from harness.errors import RuntimeFailure
from harness.json_types import JsonDict
from harness.ports import Exit
from harness.procfs import Proc, identify
from harness.runtimes.real.procs import clean_env, marking
from harness.runtimes.real.recovery import RecoveryFile

TOKEN = "HARNESS_TOKEN"
TAIL = 12  # last lines of a log in an error message; chosen


@dataclass(frozen=True)
class Command:
    """How to start a program; plain data, with no secret in it.

    Args:
        argv: program and arguments.
        log: file for stdout and stderr.
        cwd: folder to start in.
        env: on top of ours.
        uid, gid: whose rights it gets; None for ours.
        secret: whether it gets the control token, in its environment.
    """

    argv: list[str]
    log: str
    cwd: str
    env: Mapping[str, str] = field(default_factory=dict)
    uid: int | None = None
    gid: int | None = None
    secret: bool = False

    def as_data(self) -> dict[str, object]:
        """Plain JSON data."""
        return asdict(self)


class Launcher:
    """Starts programs by their recorded commands and knows how those ended.

    Args:
        recovery: knows the commands of the run that started them; gets every process.
    """

    def __init__(self, recovery: RecoveryFile) -> None:
        """Nothing is started yet."""
        self._recovery = recovery
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._replaced: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._settled: set[int] = set()

    def start(self, program: str) -> Proc:
        """Start a program and record the process.

        Raises:
            RuntimeFailure: it cannot be executed, or only the run itself knows how.
        """
        state = self._recovery.read()
        if program not in state.get("commands", {}):
            raise RuntimeFailure(
                f"{program}: only the run itself and its watchdog can start it; what it still "
                "needs ends with the run: harness faults clear"
            )
        command = Command(**state["commands"][program])
        secret = {TOKEN: self._recovery.token()} if command.secret else {}
        env = {**clean_env(), **command.env, **marking(state, program), **secret}
        child = _spawn(command, env, state["group"])
        if before := self._children.get(program):
            self._replaced.append((program, before))
        self._children[program] = child
        proc = identify(child.pid, program)
        if proc is None:
            raise RuntimeFailure(f"{program} ended at once{self.last_words(program)}")
        self._recovery.change(lambda state: _record(state, proc))
        return proc

    def living(self) -> dict[str, Proc]:
        """The processes that it started and that have not ended, by program."""
        return {
            name: proc
            for name, child in self._children.items()
            if child.poll() is None and (proc := identify(child.pid, name))
        }

    def exit_code(self, program: str) -> int | None:
        """How the program ended, None while it runs (or when another process started it).

        137 (128 and the signal's number) after SIGKILL, as shells and containers say it.
        """
        child = self._children.get(program)
        code = None if child is None else child.poll()
        return None if code is None else _as_told(code)

    def expect(self, procs: Iterable[Proc]) -> None:
        """These are to end: somebody asked them to."""
        self._settled.update(proc.pid for proc in procs)

    def unasked_exits(self) -> list[Exit]:
        """Programs that ended and were not asked to, each once."""
        found = []
        for program, child in [*self._replaced, *self._children.items()]:
            if child.poll() is not None and child.pid not in self._settled:
                self._settled.add(child.pid)
                found.append(Exit(program, _as_told(child.returncode), self.last_words(program)))
        return found

    def _every_child(self) -> list[subprocess.Popen[bytes]]:
        return [*self._children.values(), *(child for _, child in self._replaced)]

    def reap(self) -> None:
        """Collect those that ended."""
        for child in self._every_child():
            child.poll()

    def disown(self) -> None:
        """Forget the children that still run: they are the run's, not this process's."""
        for child in self._every_child():
            if child.poll() is None:
                child.returncode = 0  # else Python warns that nobody waited for it
        self._children.clear()
        self._replaced.clear()

    def last_words(self, program: str) -> str:
        """The last lines of its log, for an error message."""
        log = Path(self._recovery.read()["run_dir"]) / "logs" / f"{program}.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        said = "\n  ".join(line[:300] for line in lines[-TAIL:])
        return f"; its log {log} ends with:\n  {said}" if said else f"; its log {log} is empty"


def _as_told(code: int) -> int:
    """As shells say it: 128 and the signal's number after a signal."""
    return code if code >= 0 else 128 - code


def _record(state: JsonDict, proc: Proc) -> None:
    state["processes"] = [p for p in state["processes"] if p["program"] != proc.program]
    state["processes"].append(asdict(proc))
    state["group"] = state["group"] or os.getpgid(proc.pid)


def _spawn(command: Command, env: Mapping[str, str], group: int) -> subprocess.Popen[bytes]:
    """Start it in the run's group, or in one of its own when that group is of another session.

    Without nohup, the death of the harness would end every program as soon as one of them is
    paused: the kernel sends SIGHUP to a group that is left alone with a stopped member.
    """
    nohup = shutil.which("nohup")
    argv = [nohup, *command.argv] if nohup else command.argv
    with _log_of(command) as log:
        for chosen in dict.fromkeys([group, 0]):
            try:
                return subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=command.cwd,
                    env=dict(env),
                    process_group=chosen,
                    user=command.uid,
                    group=command.gid,
                    extra_groups=None if command.uid is None else [],
                )
            except PermissionError:
                if chosen == 0:
                    raise RuntimeFailure(f"not allowed to run {command.argv[0]}") from None
            except OSError as error:
                raise RuntimeFailure(f"cannot run {command.argv[0]}: {error}") from None
    raise AssertionError("unreachable: group 0 returns or raises")


def _log_of(command: Command) -> IO[bytes]:
    """Where it writes; nowhere when the run's folder is gone: healing may need the program."""
    try:
        return Path(command.log).open("ab")
    except OSError:
        return Path(os.devnull).open("ab")
