"""What outlives a stand-in: records, each one write before the effect that it speaks of.

    append ──> one write(2) ──> [ file of the run ] ──> records, read once at the next start

There is no fsync: a process that is killed loses nothing that it has written, and a power cut ends
the run with everything else.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

import msgspec

Record = dict[str, Any]
_encode = msgspec.json.Encoder().encode


class JournalError(Exception):
    """A journal that cannot be believed; the message says where it is broken."""


class Journal(Protocol):
    """Records of every life of one stand-in."""

    torn: int
    """Records that were cut off in the middle, and dropped."""

    def records(self) -> list[Record]:
        """What earlier lives have written, oldest first."""

    def append(self, record: Record) -> None:
        """Keep a record; it outlives this process from now on."""


class MemoryJournal:
    """A journal on the disk of a simulation, or of a stand-in that has none.

    Args:
        kept: the records; whoever keeps the list keeps the journal.
    """

    torn = 0

    def __init__(self, kept: list[Record] | None = None) -> None:
        """Remember the list."""
        self._kept: list[Record] = [] if kept is None else kept

    def records(self) -> list[Record]:
        """What is in the list."""
        return list(self._kept)

    def append(self, record: Record) -> None:
        """Add it to the list."""
        self._kept.append(record)


class FileJournal:
    """A journal in a file, one JSON document a line.

    Args:
        path: of the file; it is made if it is not there.

    Raises:
        JournalError: a line that is not the last one is no record.
    """

    def __init__(self, path: Path) -> None:
        """Read the file; a torn last line is cut off."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        raw = path.read_bytes()
        whole = raw.rfind(b"\n") + 1
        self.torn = int(whole < len(raw))
        if self.torn:
            os.ftruncate(self._file, whole)
        self._records = [_record(path, *line) for line in enumerate(raw[:whole].splitlines(), 1)]

    def records(self) -> list[Record]:
        """What was in the file at the start."""
        return self._records

    def append(self, record: Record) -> None:
        """One write(2).

        Raises:
            OSError: it does not fit; nothing of it is kept.
        """
        line = _encode(record) + b"\n"
        written = os.write(self._file, line)
        if written < len(line):
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise OSError(f"{written} of {len(line)} bytes fitted on the disk")


def _record(path: Path, number: int, line: bytes) -> Record:
    try:
        return msgspec.json.decode(line, type=Record)
    except msgspec.DecodeError as wrong:
        raise JournalError(f"{path}:{number}: not a record: {wrong}") from None
