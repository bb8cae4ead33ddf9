"""Whether two runs were the same: one digest of a history, and the first event that differs.

What differs from run to run without meaning anything (run id, commit, command, versions) stands in
the first line alone; it and the last line, which counts over it, are left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import msgspec

from harness.errors import DeterminismError
from harness.history import Event, History

FRAME = ("start", "end")


@dataclass(frozen=True)
class Difference:
    """The first event in which two histories differ.

    Args:
        number: of the event, from 0, in order of time.
        one, other: the two lines; "" where a history had ended.
    """

    number: int
    one: str
    other: str

    def __str__(self) -> str:
        """Side by side, one above the other."""
        return (
            f"event {self.number} differs\n"
            f"  first   {self.one or '(no more events)'}\n"
            f"  second  {self.other or '(no more events)'}"
        )


def digest(history: History) -> str:
    """The sha256 (hex) of everything that happened."""
    sha = hashlib.sha256()
    for line in _lines(history):
        sha.update(line + b"\n")
    return sha.hexdigest()


def first_difference(one: History, other: History) -> Difference | None:
    """Where two histories part; None when they are the same."""
    pairs = zip_longest(_lines(one), _lines(other), fillvalue=b"")
    for number, (left, right) in enumerate(pairs):
        if left != right:
            return Difference(number, left.decode(), right.decode())
    return None


def require_same(one: History, other: History, seed: int) -> str:
    """The digest of both.

    Raises:
        DeterminismError: they differ; with the first event that does.
    """
    difference = first_difference(one, other)
    if difference is not None:
        raise DeterminismError(f"seed {seed} gave two histories: {difference}")
    return digest(one)


def _lines(history: History) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    return (encode(event) for event in history.events if not _framing(event))


def _framing(event: Event) -> bool:
    return event.type in FRAME and event.src == "clock"
