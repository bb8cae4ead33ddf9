"""`harness images build` and `harness images list`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness.cli.console import out_json, progress, stdout
from harness.errors import RuntimeFailure
from harness.runtime_kind import ImageStore
from harness.runtime_registry import runtime_kinds


def build_command() -> int:
    """Make every image that is not there.

    Returns:
        0; what cannot be made is raised.
    """
    say = progress()
    with opened() as store:
        store.build(say)
        _show(store)
    return 0


def list_command(output: str = "text") -> int:
    """Print each image, its parent, and whether it is there.

    Returns:
        0 when every image is there, else 4.
    """
    with opened() as store:
        if output == "json":
            rows = store.table()
            out_json({"images": [{"name": name, "mib": mib} for name, mib in rows]})
            return 4 if any(mib is None for _, mib in rows) else 0
        return 4 if _show(store) else 0


@contextmanager
def opened() -> Iterator[ImageStore]:
    """The images of the preferred runtime that has any.

    Raises:
        RuntimeFailure: they cannot be asked for.
    """
    for kind in runtime_kinds().values():
        if kind.images is not None:
            store = kind.images()
            break
    else:
        raise RuntimeFailure("no runtime here needs images")
    try:
        yield store
    finally:
        store.close()


def _show(store: ImageStore) -> int:
    """Print the table.

    Returns:
        how many are missing.
    """
    console, rows = stdout(), store.table()
    for name, mib in rows:
        size = "not made; run: harness images build" if mib is None else f"{mib:.0f} MiB"
        console.print(f"{name:<60} {size}")
    return sum(mib is None for _, mib in rows)
