"""Starts the process beside a run, keeps what it says, and ends it after the report is written."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from harness.json_types import JsonDict

END_S = 5.0  # chosen: how long readers of the page may take the last one

Hear = Callable[[JsonDict], None]


class Beside:
    """The process beside a run; what it cannot do disturbs no run.

    Args:
        folder: of the run.
        hear: takes each thing that it says, in a thread of its own.
        serving: whether it serves the page.
    """

    def __init__(self, folder: Path, hear: Hear, *, serving: bool) -> None:
        """Start it."""
        words = [sys.executable, "-P", "-m", "harness.live.child", str(folder)]
        self._process = subprocess.Popen(
            [*words, *(["--serve"] if serving else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._hear = hear
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Let it push the last page, then end it."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._thread.join(END_S)
        assert self._process.stdout is not None  # noqa: S101 - it was started with a pipe
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was started with a pipe
        for line in self._process.stdout:
            with suppress(ValueError):
                self._hear(json.loads(line))
