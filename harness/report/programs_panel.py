"""What each program took of the machine, from the beginning of the load to its end."""

from __future__ import annotations

from harness.json_types import JsonObject
from harness.model import RunResult
from harness.report.timeline import Columns
from harness.report.words import number

HEAD = ["Program", "Memory, MiB", "at the end", "most", "Open files", "at the end", "most",
        "Processor, cores", "waited, cores"]  # fmt: skip


def programs_table(result: RunResult) -> Columns:
    """A table, the largest program first."""
    found = result.figures.get("programs", [])
    return Columns(HEAD, [_row(one) for one in sorted(found, key=_size)])


def _size(one: JsonObject) -> float:
    return -float(one["memory_mib"]["peak"])


def _row(one: JsonObject) -> list[str]:
    courses = [one[of][when] for of in ("memory_mib", "open_files")
               for when in ("begin", "end", "peak")]  # fmt: skip
    values = [*courses, one["processor_cores"], one["waited_cores"]]
    return [one["program"], *map(number, values)]
