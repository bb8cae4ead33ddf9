"""What the processes of one load say to each other, by Locust's own messages.

    worker ──hello─────────────────────> coordinator       who is there
           <──plan {document, boot}─────
           ──joined─────────────────────>                  ready to begin
           <──begin {t0_ns, ...}────────
           ──events [...]───────────────>                  several a message
           <──end──────────────────────                    cut what is open
           ──report {...}──────────────->                  the last one

Users of somebody's own are told to begin at once, and when their time is over. A load of one
process plays both sides. Every message to the coordinator carries the token of the
load: whoever else connects to its port is not heard.
"""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

import gevent  # type: ignore[import-untyped]  # ships no types

from harness.json_types import JsonDict, JsonObject
from harness.load.command import TOKEN

TO_COORDINATOR, TO_WORKER = "harness-to-coordinator", "harness-to-worker"
BATCH_S = 0.02  # chosen: how long an event may wait for others

Handler = Callable[[str, JsonDict], None]
"""Takes who sent it, and what it says."""


def token() -> str:
    """The token of this load."""
    return os.environ.get(TOKEN, "")


def hear(runner: Any, channel: str, handlers: Mapping[str, Handler]) -> None:
    """Let handlers take what arrives.

    Args:
        runner: Locust's, of any kind.
        handlers: by what is said.
    """

    def take(environment: Any, msg: Any, **_: object) -> None:
        said = msg.data if isinstance(msg.data, dict) else {}
        proven = hmac.compare_digest(str(said.get("token", "")).encode(), token().encode())
        if channel == TO_COORDINATOR and not proven:
            logging.warning("load: a message of %s without the token is not heard", msg.node_id)
        elif said.get("what") in handlers:
            handlers[said["what"]](str(msg.node_id), said)

    runner.register_message(channel, take)


def tell_coordinator(runner: Any, what: str, **values: object) -> None:
    """Say it, with the token."""
    runner.send_message(TO_COORDINATOR, {"what": what, "token": token(), **values})


def tell_worker(runner: Any, worker: str, what: str, **values: object) -> None:
    """Say it to one of them."""
    runner.send_message(TO_WORKER, {"what": what, **values}, client_id=worker)


class Outbox:
    """Events on their way to the coordinator.

    Args:
        runner: Locust's, of a worker or of a load of one process.
    """

    def __init__(self, runner: Any) -> None:
        """Nothing is on its way."""
        self._runner = runner
        self._waiting: list[JsonObject] = []
        self._timer: Any = None

    def put(self, event: JsonObject) -> None:
        """Send it within 20 ms."""
        self._waiting.append(event)
        if self._timer is None:
            self._timer = gevent.spawn_later(BATCH_S, self.flush)

    def flush(self) -> None:
        """Send what is there."""
        self._timer = None
        if self._waiting:
            events, self._waiting = self._waiting, []
            tell_coordinator(self._runner, "events", events=events)
