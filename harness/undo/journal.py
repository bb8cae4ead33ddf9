"""Lines of JSON that several processes append to one file, and that outlive the file.

    file ──read──> lines that are whole and are records, the others told in `problems`
      │ gone
      └──────────> what was read before; what could not be written is kept beside it

Appends are atomic under a file lock that is waited for a short while only.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from harness.private import locked, with_reserve


class Journal:
    """Records of one file.

    Args:
        path: the file; made when it is not there.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is read or written yet."""
        self.path = path
        self.problems: list[str] = []
        self._read: list[bytes] = []
        self._unwritten: list[bytes] = []

    def append(self, record: Mapping[str, object]) -> None:
        """Write a record and fsync.

        Raises:
            OSError: it is not on the disk.
        """
        self._write([*self._unwritten, _line(record)])
        self._unwritten.clear()

    def note(self, record: Mapping[str, object], say: Callable[[str], None] | None = None) -> None:
        """Write a record where that is possible, else keep it in memory; never raises OSError."""
        lines = [*self._unwritten, _line(record)]
        try:
            with_reserve(self.path.parent, lambda: self._write(lines))
        except OSError as error:
            self._unwritten = lines
            if say:
                say(f"{self.path}: {error.strerror}; kept in memory")
        else:
            self._unwritten = []

    @property
    def unwritten(self) -> int:
        """How many records are in memory alone."""
        return len(self._unwritten)

    def records(self) -> Iterator[dict[str, object]]:
        """Every record that can be read; the others are skipped and told in `problems`."""
        try:
            self._read = self.path.read_bytes().splitlines()
        except OSError as error:
            if self._read:
                self.problems = [f"{self.path}: {error.strerror}; going by what was read before"]
            elif error.errno != errno.ENOENT:
                self.problems = [f"{self.path}: {error.strerror}"]
        else:
            self.problems = []
        for number, line in enumerate([*self._read, *self._unwritten], 1):
            record = _parsed(line)
            if isinstance(record, dict):
                yield record
            else:
                self.problems.append(f"{self.path}:{number}: no record, skipped: {line[:60]!r}")

    def _write(self, lines: list[bytes]) -> None:
        data = b"".join(line + b"\n" for line in lines)
        with locked(self.path):
            # Opened apart from the lock: one that is not free must not keep us from writing.
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
            try:
                size = os.fstat(handle).st_size
                if size and os.pread(handle, 1, size - 1) != b"\n":
                    data = b"\n" + data  # a torn line stays alone
                if os.write(handle, data) < len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(handle)
            finally:
                os.close(handle)


def _line(record: Mapping[str, object]) -> bytes:
    return json.dumps(record).encode()


def _parsed(line: bytes) -> object:
    """What the line says, None when it is no JSON: torn, or not written by us."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
