"""recovery.json: what any process needs to heal a run and to end it, true at every moment.

The harness can be killed between any two instructions, so the file holds every command before it
is run and every wanted state as soon as it is one. Two processes may write (a harness that
was stopped wakes up beside its watchdog): each change is read, modify, replace under a lock.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import RuntimeFailure


class RecoveryFile:
    """The recovery state of one run, in its folder.

    Args:
        path: `recovery.json` in the run's folder.
    """

    def __init__(self, path: Path) -> None:
        """Remember where it is."""
        self.path = path

    def read(self) -> dict[str, Any]:
        """The state as of now.

        Raises:
            RuntimeFailure: it is gone or no JSON.
        """
        try:
            state = json.loads(self.path.read_bytes())
        except (OSError, ValueError) as error:
            raise RuntimeFailure(f"{self.path}: cannot read the recovery state: {error}") from None
        return dict(state)

    def write(self, state: Mapping[str, Any]) -> None:
        """Replace the state at once: readers see the old one or the new one."""
        draft = self.path.with_suffix(f".{os.getpid()}.tmp")
        write_private(draft, json.dumps(state, indent=1))
        draft.replace(self.path)

    def change(self, edit: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Apply `edit` to the state, alone.

        Returns:
            the new state.
        """
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = self.read()
            edit(state)
            self.write(state)
        return state

    def token(self) -> str:
        """The control token of the run."""
        return Path(self.read()["token_file"]).read_text()

    def links(self) -> Mapping[str, Mapping[str, Any]]:
        """The links: address and the state that each should have."""
        return dict(self.read()["links"])

    def remember(self, link: str, edit: Callable[[dict[str, Any]], None]) -> None:
        """Change the state that a link should have."""
        self.change(lambda state: edit(state["links"][link]))


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read, from its first byte on."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
