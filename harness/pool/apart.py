"""A process of its own for the work of one thread of a cluster's worker.

    worker's thread ──stdin: function and arguments──> python -m harness.pool.apart
                    <──stdout: what it returned, or raised──

A worker has threads and an event loop; simulations fork, load services anew and bound their
processor time. The process ends when its worker does.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import IO

from harness.errors import HarnessError

_OF_THREAD = threading.local()
SIZE = 8  # bytes of a length


def run(work: bytes) -> object:
    """In a worker: have it done by the process of this thread.

    Args:
        work: (function, arguments), pickled: a worker need not know what it hands on.

    Raises:
        Exception: what the function raised.
        HarnessError: the process died.
    """
    child = _child()
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        _write(child.stdin, work)
        raw = _read(child.stdout)
    except OSError:
        raw = b""
    if not raw:
        del _OF_THREAD.child
        raise HarnessError(f"the process of a worker ended with {child.wait()}")
    done, result = pickle.loads(raw)  # noqa: S301 - from our own child
    if not done:
        raise result
    return result


def _child() -> subprocess.Popen[bytes]:
    found: subprocess.Popen[bytes] | None = getattr(_OF_THREAD, "child", None)
    if found is None or found.poll() is not None:
        command = [sys.executable, "-P", "-m", __name__]
        ways = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        found = _OF_THREAD.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ways
        )
    return found


def main() -> None:
    """In the process: do what comes, until nobody is there any more."""
    # What the work prints goes to stderr: stdout is for answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with TemporaryDirectory(prefix="harness-") as folder:
        os.environ["TMPDIR"] = folder
        while work := _read(sys.stdin.buffer):
            _write(answers, _done(work))


def _done(work: bytes) -> bytes:
    try:
        function, args = pickle.loads(work)  # noqa: S301 - from whoever may use the scheduler
        return pickle.dumps((True, _called(function, args)))
    except Exception as error:
        return pickle.dumps((False, error))


def _called(function: Callable[..., object], args: tuple[object, ...]) -> object:
    return function(*args)


def _write(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(len(data).to_bytes(SIZE) + data)
    pipe.flush()


def _read(pipe: IO[bytes]) -> bytes:
    """What comes next; nothing when the other side has gone."""
    return pipe.read(int.from_bytes(pipe.read(SIZE)))


if __name__ == "__main__":
    main()
