"""The images of this machine's engine."""

from __future__ import annotations

from collections.abc import Callable

from harness.runtimes.docker import images
from harness.runtimes.docker.engine import connect


class Store:
    """`harness.runtime_kind.ImageStore`.

    Raises:
        RuntimeFailure: no engine answers.
    """

    def __init__(self) -> None:
        """Connect to the engine."""
        self._client = connect()

    def table(self) -> list[tuple[str, float | None]]:
        """Name and size, MiB, of each; None for one that is not made yet."""
        return images.table(self._client)

    def build(self, say: Callable[[str], None]) -> None:
        """Make those that are not there."""
        images.build(self._client, say)

    def origin(self) -> str:
        """Of what they are made, for people."""
        return images.origin()

    def close(self) -> None:
        """Close the connection to the engine."""
        self._client.close()
