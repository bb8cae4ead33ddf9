"""Containers of a run that end though nobody had asked them to.

engine's events ──> thread ──> Exits.heard ──> unasked(): what the run is told, each once
                                  ^
kill, stop, restart: asked() ─────┘
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from docker.errors import DockerException
from requests import RequestException

from harness.errors import RuntimeFailure
from harness.json_types import JsonObject
from harness.ports import Exit
from harness.runtimes.docker.engine import PROGRAM, RUN, connect, told

ENGINE = "the Docker engine"


class Exits:
    """What the engine tells of the ends of a run's containers.

    Args:
        mark: value of the run's label.
    """

    def __init__(self, mark: str) -> None:
        """Nothing is listened to yet."""
        self._mark = mark
        self._asked: Counter[str] = Counter()
        self._may: set[tuple[str, str]] = set()
        self._signals: dict[str, int] = {}
        self._found: deque[Exit] = deque()
        self._client: Any = None
        self._events: Any = None

    def listen(self) -> None:
        """Begin to listen, in a thread of its own."""
        self._client = connect()
        wanted = {"type": "container", "event": ["die", "kill"], "label": f"{RUN}={self._mark}"}
        self._events = self._client.events(decode=True, filters=wanted)
        threading.Thread(target=self._listen, args=(self._events,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        events, self._events = self._events, None
        if events is not None:
            events.close()
            self._client.close()

    @contextmanager
    def asked(self, program: str) -> Iterator[None]:
        """One end of a program, brought about by the body; none where that fails."""
        self._asked[program] += 1
        try:
            yield
        except RuntimeFailure:
            self._asked[program] = max(0, self._asked[program] - 1)
            raise

    def allow(self, program: str, why: str, *, may: bool) -> None:
        """Whether a program may end as often as it likes, since a fault takes what it needs.

        Args:
            why: the kind of fault; those of another kind allow it apart.
        """
        (self._may.add if may else self._may.discard)((program, why))

    def unasked(self) -> list[Exit]:
        """Those that ended since the last time this was asked."""
        return [self._found.popleft() for _ in range(len(self._found))]

    def heard(self, event: JsonObject, container: Any = None) -> None:
        """Take up one event.

        Args:
            container: what the engine has of it; None when it is gone.
        """
        attributes = event["Actor"]["Attributes"]
        program, one = attributes[PROGRAM], event["Actor"]["ID"]
        if event["Action"] == "kill":
            self._signals[one] = int(attributes["signal"])
            return
        number = self._signals.pop(one, 0)
        if self._asked[program] > 0:
            self._asked[program] -= 1
            return
        if program in {who for who, _ in self._may}:
            return
        code = int(attributes["exitCode"])
        code = code if code > 128 or not number else 128 + number
        words = told(container) if container is not None else "; its container is gone"
        self._found.append(Exit(program, code, words))

    def _listen(self, events: Any) -> None:
        try:
            for event in events:
                container = None
                with suppress(DockerException, RequestException):
                    container = self._client.containers.get(event["Actor"]["ID"])
                self.heard(event, container)
        except (DockerException, RequestException, OSError, ValueError) as error:
            self._lost(f"; {error}")
        self._lost("")

    def _lost(self, why: str) -> None:
        """Nobody tells of ends any more: what dies now would be blamed on the service."""
        if self._events is not None:
            self._events = None
            self._found.append(Exit(ENGINE, 1, f"; it tells nothing of containers any more{why}"))
