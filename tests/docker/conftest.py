"""Tests of runs in containers: skipped, with the reason, where no engine answers."""

from __future__ import annotations

import pytest

from harness.errors import RuntimeFailure
from harness.runtimes.docker.engine import connect
from harness.runtimes.docker.images import Images, expected, missing


@pytest.fixture(scope="session")
def images() -> Images:
    """The images that fit the source code."""
    wanted = expected()
    try:
        client = connect()
    except RuntimeFailure as why:
        pytest.skip(str(why))
    try:
        absent = missing(client, wanted)
    finally:
        client.close()
    if absent:
        pytest.skip(f"no image {', '.join(absent)}; run: harness images build")
    return wanted
