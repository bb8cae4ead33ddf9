"""`harness images build` and `harness images list`."""

from __future__ import annotations

import importlib
from typing import Any

from harness.cli.console import progress, stdout

IMAGES = "harness.runtimes.docker.images"  # by name: only this runtime knows Docker
ENGINE = "harness.runtimes.docker.engine"


def build_command() -> int:
    """Make every image that is not there.

    Returns:
        0; what cannot be made is raised.
    """
    say, images = progress(), importlib.import_module(IMAGES)
    client = importlib.import_module(ENGINE).connect()
    try:
        images.build(client, say)
        _show(images, client)
    finally:
        client.close()
    return 0


def list_command() -> int:
    """Print each image, its parent, and whether it is there.

    Returns:
        0 when every image is there, else 4.
    """
    images = importlib.import_module(IMAGES)
    client = importlib.import_module(ENGINE).connect()
    try:
        return 4 if _show(images, client) else 0
    finally:
        client.close()


def _show(images: Any, client: Any) -> int:
    """Print the table.

    Returns:
        how many are missing.
    """
    console, rows = stdout(), images.table(client)
    for name, mib in rows:
        size = "not made; run: harness images build" if mib is None else f"{mib:.0f} MiB"
        console.print(f"{name:<60} {size}")
    return sum(mib is None for _, mib in rows)
