"""A notification provider: takes messages in batches and keeps a transcript of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.types import ASGIApp

from mock_services.calls import Reply
from mock_services.config import Config, options_of
from mock_services.control import control_routes
from mock_services.routes import Route
from mock_services.stand_in import Id, Prepared, StandIn, World, routing

OPS = ("send",)
BATCH_MAX = 100  # chosen


class Options(msgspec.Struct, frozen=True):
    """There are none."""


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message; `reference` is the application or repayment that it speaks of."""

    message_id: Id
    reference: Id
    to: Id
    status: Id
    text: str = ""


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/messages`."""

    messages: Annotated[list[Message], Meta(min_length=1, max_length=BATCH_MAX)]


class Notification:
    """Delivers each message once, whatever is sent again."""

    def __init__(self, stand_in: StandIn) -> None:
        """Go on from what the transcript holds."""
        self._ledger = stand_in.ledger
        self._decode: Callable[[bytes], Batch] = msgspec.json.Decoder(Batch).decode
        self._sent = {entry["request_id"] for entry in self._ledger.entries()}

    def sending(self, params: dict[str, str], raw: bytes) -> Prepared:
        """Take a batch; rules know it by what its first message speaks of."""
        batch = self._decode(raw)
        return batch.messages[0].reference, partial(self._send, batch)

    def _send(self, batch: Batch) -> Reply:
        for one in batch.messages:
            if one.message_id not in self._sent:
                self._sent.add(one.message_id)
                self._ledger.append(
                    "message", one.reference, one.message_id, 0, one.status,
                    to=one.to, text=one.text,
                )  # fmt: skip
        return Reply(200, {"accepted": len(batch.messages)})


def build(config: Config, world: World) -> ASGIApp:
    """Make the provider.

    Raises:
        InvalidDocument: the options are wrong.
    """
    options_of(config, Options)
    stand_in = StandIn(config.name, OPS, world)
    send = stand_in.endpoint("send", Notification(stand_in).sending)
    return routing([Route("/v1/messages", send, methods=["POST"]), *control_routes(stand_in)])
