"""The way from a load in its own process to its parent: documents out, one line in."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping

import gevent  # type: ignore[import-untyped]  # ships no types
from gevent import event, lock
from gevent.os import make_nonblocking, nb_write  # type: ignore[import-untyped]  # ships no types

FLUSH_S_MAX = 1.0


class Pipe:
    """Documents to the parent, one a line; putting one never waits for a slow reader."""

    def __init__(self, fd: int) -> None:
        """Write to the file descriptor `fd`."""
        make_nonblocking(fd)
        self._fd = fd
        self._pending = bytearray()
        self._some = event.Event()
        self._turn = lock.RLock()
        self._closed = False
        gevent.spawn(self._run)

    def put(self, document: Mapping[str, object]) -> None:
        """Add a document, unless the last one is out."""
        if not self._closed:
            self._pending += json.dumps(document, separators=(",", ":")).encode() + b"\n"
            self._some.set()

    def close(self, last: Mapping[str, object]) -> None:
        """Add the last document and write what there is, within a second."""
        self.put(last)
        self._closed = True
        with gevent.Timeout(FLUSH_S_MAX, False):
            self._flush()

    def _run(self) -> None:
        while True:
            self._some.wait()
            self._some.clear()
            self._flush()

    def _flush(self) -> None:
        with self._turn:
            while self._pending:
                try:
                    sent = nb_write(self._fd, bytes(self._pending[:65_536]))
                except BrokenPipeError:
                    _abandon("nobody reads the pipe")
                del self._pending[:sent]


def read_line() -> bytes:
    """One line from stdin; ends the process when the parent is gone."""
    line = b""
    while not line.endswith(b"\n"):
        gevent.socket.wait_read(0)
        chunk = os.read(0, 1)
        if not chunk:
            _abandon("stdin ended")
        line += chunk
    return line


def _abandon(why: str) -> None:
    """End at once: a load that nobody watches must not go on."""
    sys.stderr.write(f"load: {why}; ending\n")
    sys.stderr.flush()
    os._exit(3)
