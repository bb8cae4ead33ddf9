"""Reads a recorded history: whole, in order and unchanged, or cut off and said to be.

Whatever does not add up (a line twice, one missing, two changed about, a sum that is another) is
refused with its line: from evidence that was changed, no verdict follows.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from harness.errors import ConfigError, Problem
from harness.history import SOURCES, Event, History
from harness.model import Outcome
from harness.safe_files import lines
from harness.text import quoted

LINE_MAX = 1 << 20  # bytes; chosen: the longest line of a run, its first, takes some KiB
EVENTS_MAX = 5_000_000  # chosen: a day of load, and less than the memory of a small machine
TIME_MAX_NS = 7 * 24 * 3600 * 10**9
TYPES = frozenset({"start", "end", "invoke", *(outcome.value for outcome in Outcome)})
_decode = msgspec.json.Decoder(Event).decode


def read_history(path: Path) -> History:
    """Read a history file; a torn last line, or none at all, makes it incomplete.

    Raises:
        ConfigError: no such file, or something in it does not add up.
    """
    events: list[Event] = []
    sha, complete = hashlib.sha256(), False
    for number, line in lines(path, LINE_MAX):
        where = f"{path}:{number}"
        if complete:
            raise _wrong("a line after the last one of the run", where)
        try:
            event = _decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            if not line.endswith(b"\n"):
                break  # torn: its writer died
            raise _wrong(f"not an event: {error}", where) from None
        _check(event, len(events), where)
        if event.type == "end":
            _add_up(event, len(events), sha.hexdigest(), where)
            complete = True
        sha.update(line)
        events.append(event)
    if not events:
        raise _wrong("no event in it", str(path))
    return History(events, complete=complete)


def _check(event: Event, number: int, where: str) -> None:
    """What a run's writer keeps for each line."""
    if event.i != number:
        raise _wrong(
            f"event {event.i} stands where event {number} belongs: a line is there twice, "
            "is missing, or is not in its place",
            where,
        )
    if number >= EVENTS_MAX:
        raise _wrong(f"more than {EVENTS_MAX} events", where)
    if (event.type == "start") != (number == 0):
        raise _wrong("the first line of a run is `start`, and only the first", where)
    if not (0 <= event.t <= TIME_MAX_NS and (event.due is None or abs(event.due) <= TIME_MAX_NS)):
        raise _wrong(f"t {event.t}, due {event.due}: not ns of a run", where)
    if event.type not in TYPES or event.src not in SOURCES:
        raise _wrong(f"type {quoted(event.type)}, src {quoted(event.src)}: no such event", where)


def _add_up(end: Event, count: int, digest: str, where: str) -> None:
    said = end.v.get("count"), end.v.get("sha256")
    if said[0] != count:
        raise _wrong(f"the run wrote {quoted(said[0])} events before this line, not {count}", where)
    if said[1] != digest:
        raise _wrong(
            f"the lines before this one have the sha256 {digest}, the run wrote "
            f"{quoted(said[1])}: they were changed afterwards",
            where,
        )


def _wrong(cause: str, where: str) -> ConfigError:
    return ConfigError(
        Problem(cause, where, "the file as the run wrote it", "restore it, or run again")
    )
