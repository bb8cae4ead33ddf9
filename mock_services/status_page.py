"""A page about another service, at a provider of its own: what was published last, and how old.

It answers while whoever publishes is gone, and says so once nothing has come for a while.
"""

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
from mock_services.routes import Request, Response, Route
from mock_services.stand_in import Id, Prepared, StandIn, World, refusal, respond, routing

OPS = ("publish",)
OPERATIONS_MAX = 100  # chosen
SILENT = "Nothing was heard of the service for {age_s:.0f} s; it may be unavailable. What is shown "
SILENT += "was so then."


class Options(msgspec.Struct, frozen=True):
    """When the page is out of date; chosen, not measured."""

    stale_after_s: Annotated[float, Meta(gt=0)] = 3.0


class Publication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/publications`: operation -> what is to be said of it."""

    operations: Annotated[
        dict[Id, dict[str, object]], Meta(min_length=1, max_length=OPERATIONS_MAX)
    ]


class StatusPage:
    """Shows the last publication, also that of an earlier life."""

    def __init__(self, stand_in: StandIn, options: Options) -> None:
        """Show what was published before; nothing where nobody ever did."""
        self._stand_in = stand_in
        self._stale_after_s = options.stale_after_s
        self._decode: Callable[[bytes], Publication] = msgspec.json.Decoder(Publication).decode
        self._shown: dict[str, object] | None = None
        self._published_s = 0.0
        for one in stand_in.ledger.past("published"):
            self._shown, self._published_s = one["operations"], one["t_s"]

    def publishing(self, params: dict[str, str], raw: bytes) -> Prepared:
        """Take a publication."""
        return "", partial(self._publish, self._decode(raw))

    def _publish(self, told: Publication) -> Reply:
        self._shown, self._published_s = {**told.operations}, self._stand_in.world.clock.now_s()
        kept = {"operations": self._shown, "t_s": self._published_s}
        self._stand_in.ledger.note({"published": kept})
        return Reply(200, {"published_s": self._published_s})

    async def page(self, request: Request) -> Response:
        """What everybody sees: no call of the service, so no rule and no count speaks of it."""
        if self._shown is None:
            return respond(refusal(404, "not_found", "nothing was ever published here"))
        age_s = self._stand_in.world.clock.now_s() - self._published_s
        stale = age_s > self._stale_after_s
        return respond(
            Reply(
                200,
                {
                    "operations": self._shown,
                    "published_s": self._published_s,
                    "stale": stale,
                    "message": SILENT.format(age_s=age_s) if stale else "",
                },
            )
        )


def build(config: Config, world: World) -> ASGIApp:
    """Make the page.

    Raises:
        InvalidDocument: the options are wrong.
    """
    options = options_of(config, Options)
    stand_in = StandIn(config.name, OPS, world)
    page = StatusPage(stand_in, options)
    publish = stand_in.endpoint("publish", page.publishing)
    return routing(
        [
            Route("/v1/publications", publish, methods=["POST"]),
            Route("/v1/page", page.page),
            *control_routes(stand_in),
        ]
    )
