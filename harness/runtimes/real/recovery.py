"""recovery.json: what any process needs to heal a run and to end it, true at every instant.

The harness can be killed between any two instructions, so the file holds every wanted state as
soon as it is one. Two processes may write (a harness that was stopped wakes up beside its
watchdog): each change is read, modify, replace under a lock that is waited for a short while only.

Whoever has read it once needs it no more: a file that is gone, cut off or not as we wrote it is
answered from memory, and what cannot be written stays there. Command lines are never in the file:
the run knows how to start its programs, and tells its watchdog so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping

from harness.errors import RuntimeFailure
from harness.json_types import JsonDict
from harness.private import locked, with_reserve, write_private
from harness.runtimes.real.document import RunFolders

Check = Callable[[object, RunFolders], dict[str, object]]
IN_MEMORY = ("commands", "foreign_token")


class RecoveryFile:
    """The recovery state of one run.

    Args:
        folders: of the run; the file lies there.
        check: makes a state of what was read.
        state: what is known of it already, from a process that we trust.

    Raises:
        RuntimeFailure: by `check`, when the file is not as we wrote it.
    """

    def __init__(
        self, folders: RunFolders, check: Check, state: Mapping[str, object] | None = None
    ) -> None:
        """Nothing is read yet."""
        self.path = folders.recovery
        self._folders, self._check = folders, check
        self._known = json.dumps(_on_disk(state)).encode() if state else b""
        self._in_memory = _beside(state or {})
        self._unwritten = False
        self._token = ""

    def read(self) -> JsonDict:
        """The state as of now.

        Raises:
            RuntimeFailure: it cannot be read now and could not be before.
        """
        if not self._unwritten:
            try:
                raw = self.path.read_bytes()
                state = self._checked(raw)
            except (OSError, RuntimeFailure) as error:
                if not self._known:
                    where = "" if isinstance(error, RuntimeFailure) else f"{self.path}: "
                    raise RuntimeFailure(f"{where}{error}") from None
            else:
                self._known = raw
                return {**state, **self._in_memory}
        return {**self._checked(self._known), **self._in_memory}

    def _checked(self, raw: bytes) -> dict[str, object]:
        try:
            document = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise RuntimeFailure(f"{self.path}: no recovery state: {error}") from None
        state = self._check(document, self._folders)
        if self._known and raw is not self._known:
            mark = json.loads(self._known)["mark"]
            if state["mark"] != mark:
                raise RuntimeFailure(f"{self.path}: mark {state['mark']}, this run has {mark}")
        return state

    @property
    def created(self) -> bool:
        """Whether this run is on record."""
        return bool(self._known)

    def create(self, state: Mapping[str, object]) -> None:
        """Write it for the first time, before anything is started.

        Raises:
            RuntimeFailure: it cannot be written.
        """
        self._known = json.dumps(_on_disk(state)).encode()
        self._in_memory = _beside(state)
        try:
            self._write()
        except OSError as error:
            raise RuntimeFailure(f"{self.path}: cannot be written: {error.strerror}") from None

    def change(self, edit: Callable[[JsonDict], None]) -> JsonDict:
        """Apply `edit` to the state, alone; it holds in memory where it cannot be written.

        Returns:
            the new state.
        """
        with locked(self.path.with_suffix(".lock")):
            state = self.read()
            edit(state)
            self._known = json.dumps(_on_disk(state), indent=1).encode()
            self._in_memory = _beside(state)
            try:
                with_reserve(self.path.parent, self._write)
            except OSError:
                self._unwritten = True
            else:
                self._unwritten = False
        return state

    def _write(self) -> None:
        """Replace the file at once: readers see the old one or the new one."""
        draft = self.path.with_suffix(f".{os.getpid()}.tmp")
        try:
            write_private(draft, self._known.decode())
            draft.replace(self.path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def token(self) -> str:
        """The control token of the run.

        Raises:
            RuntimeFailure: it cannot be read now and could not be before.
        """
        try:
            self._token = self._folders.token.read_text()
        except (OSError, ValueError) as error:
            if not self._token:
                raise RuntimeFailure(f"{self._folders.token}: {error}") from None
        return self._token

    def foreign_token(self) -> str:
        """The password of a Toxiproxy that stood before the run; "" when there is none."""
        try:
            return self._folders.foreign_token.read_text()
        except OSError:
            return str(self._in_memory.get("foreign_token", ""))

    def links(self) -> Mapping[str, Mapping[str, object]]:
        """The links: address and the state that each should have."""
        return dict(self.read()["links"])

    def remember(self, link: str, edit: Callable[[dict[str, object]], None]) -> None:
        """Change the state that a link should have."""
        self.change(lambda state: edit(state["links"][link]))


def _on_disk(state: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in state.items() if key not in IN_MEMORY}


def _beside(state: Mapping[str, object]) -> dict[str, object]:
    return {key: state[key] for key in IN_MEMORY if key in state}
