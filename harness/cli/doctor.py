"""`harness doctor` and `harness parts`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from rich.padding import Padding
from rich.text import Text

from harness.cli.console import out_json, progress, stdout
from harness.cli.images import opened
from harness.errors import RuntimeFailure
from harness.toolchain import Row, provide_all, report


def doctor_command(output: str = "text") -> int:
    """Print what was taken, what else there is, and what is missing.

    Returns:
        0 when everything that `process` needs is there, else 4.
    """
    console, rows = stdout(), [*report(), _images()]
    missing = [row.part for row in rows if row.needed and row.remedy]
    if output == "json":
        out_json({"ready": not missing, "parts": [asdict(row) for row in rows]})
        return 4 if missing else 0
    for row in rows:
        console.print(*_lines(row), sep="\n")
    if missing:
        console.print(f"\nmissing: {', '.join(missing)}; try: harness parts")
        return 4
    console.print("\nready: harness run X01")
    return 0


def _images() -> Row:
    """The images for runs in containers; no other run needs them."""
    try:
        with opened() as store:
            absent = [name for name, mib in store.table() if mib is None]
            origin = store.origin()
    except RuntimeFailure as why:
        return Row("images", "", remedy=str(why), needed=False)
    if absent:
        remedy = f"harness images build; absent: {', '.join(absent)}"
        return Row("images", "", remedy=remedy, needed=False)
    return Row("images", "all made", origin=origin, needed=False)


def parts_command(*, patroni: bool = False) -> int:
    """Find or make every part.

    Args:
        patroni: also Patroni and etcd.

    Returns:
        0; what cannot be made is raised.
    """
    say = progress()
    for part in provide_all(say, patroni=patroni):
        say(f"{part.name} {part.version} ({part.origin})")
    return 0


def _lines(row: Row) -> Iterator[object]:
    mark = "MISSING" if row.needed and row.remedy else ("absent" if row.remedy else "ok")
    yield Text(f"{mark:<8}{row.part:<10} {' '.join(filter(None, (row.version, row.taken)))}")
    notes = [f"taken from: {row.origin}"] if row.origin and row.taken else []
    notes += [f"also here: {other}" for other in row.others]
    notes += [f"try: {row.remedy}"] if row.remedy else []
    for note in notes:
        yield Padding(Text(note, overflow="fold"), (0, 0, 0, 8), expand=False)
