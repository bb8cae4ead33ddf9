"""What a runtime must be able to do with databases of which one follows the other."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class Servers(Protocol):
    """What a runtime can do with the database servers of a run, and with their data folders."""

    def folder(self, name: str) -> Path:
        """The data folder of a server."""

    def inside(self, path: Path) -> str:
        """A file or folder below, as PostgreSQL's programs find it."""

    def give(self, name: str, path: Path) -> None:
        """Let what we wrote belong to the user who owns the data of a server."""

    async def lives(self, name: str) -> bool:
        """Whether a server runs."""

    async def signal(self, name: str, number: signal.Signals) -> None:
        """Send a server a signal; nothing when it does not run."""

    async def end(self, name: str) -> None:
        """Kill what is left of a server, so that its data folder is free."""

    async def start(self, name: str) -> None:
        """Make a server run, and wait until it answers."""

    async def tool(self, name: str, argv: Sequence[str], what: str, allowed: Sequence[int]) -> str:
        """Run a program of PostgreSQL for a server to its end.

        Args:
            what: it is for, for an error.
            allowed: exit codes that are no failure.

        Returns:
            what it said.

        Raises:
            RuntimeFailure: it failed; with its last words.
        """
