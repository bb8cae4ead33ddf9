"""A runtime with the engine and the images of this machine."""

from __future__ import annotations

from harness.errors import RuntimeFailure
from harness.runtime_kind import RunContext
from harness.runtimes.docker import images
from harness.runtimes.docker.engine import connect
from harness.runtimes.docker.runtime import DockerRuntime


def make(context: RunContext, *, look: bool = False) -> DockerRuntime:
    """A runtime for one run.

    Args:
        look: for a system that people look at: every program is published on 127.0.0.1.

    Raises:
        RuntimeFailure: no engine answers, or an image is missing; says how to get it.
    """
    wanted = images.expected()
    client = connect()
    try:
        if absent := images.missing(client, wanted):
            raise RuntimeFailure(
                f"no image {', '.join(absent)}: not made yet, or a source file has changed since; "
                "run: harness images build"
            )
    finally:
        client.close()
    return DockerRuntime(context, wanted, look=look)
