"""A policy provider: which new business is suspended, under an epoch that only grows."""

from __future__ import annotations

from functools import partial

import msgspec
from starlette.types import ASGIApp

from mock_services.behaviour import Behaviour
from mock_services.calls import Reply
from mock_services.config import Config, options_of
from mock_services.control import control_routes
from mock_services.routes import Route
from mock_services.stand_in import Prepared, StandIn, World, routing

OPS = ("policy", "enact")  # the second one is nobody's call
SUSPEND = "suspend"


class Options(msgspec.Struct, frozen=True):
    """There are none."""


class Policy:
    """Tells what is in force. It changes when a rule with the effect `suspend` is set or removed,
    whether or not anybody asks."""

    def __init__(self, stand_in: StandIn) -> None:
        """Go on from what the ledger holds; without one, nothing is suspended."""
        self._ledger = stand_in.ledger
        self._documents: list[dict[str, object]] = [{"epoch": 1, "suspended": []}]
        self._documents += [
            {"epoch": entry["epoch"], "suspended": entry["suspended"]}
            for entry in self._ledger.entries()
            if entry["f"] == "policy"
        ]
        stand_in.shown = self._changed

    def telling(self, params: dict[str, str], raw: bytes) -> Prepared:
        """Tell the policy."""
        return "", self._tell

    def _tell(self, *, back: int = 0) -> Reply:
        """Answer the document in force, or one that was so many changes ago."""
        document = self._documents[max(0, len(self._documents) - 1 - back)]
        epoch = document["epoch"]
        current = epoch == self._documents[-1]["epoch"]
        status = "CURRENT" if current else "OUTDATED"
        self._ledger.append("told", str(epoch), f"told-{epoch}", 0, status, epoch=epoch)
        return Reply(200, document)

    def _changed(self, behaviour: Behaviour) -> None:
        cells = [dict(rule.args) for rule in behaviour.rules if rule.effect == SUSPEND]
        if cells != self._documents[-1]["suspended"]:
            self._enact(cells)

    def _enact(self, cells: list[dict[str, object]]) -> None:
        epoch = len(self._documents) + 1
        status = "SUSPENDED" if cells else "OPEN"
        enter = partial(self._ledger.append, "policy", str(epoch), f"policy-{epoch}", 0, status)
        enter(epoch=epoch, suspended=cells)
        self._documents.append({"epoch": epoch, "suspended": cells})


def build(config: Config, world: World) -> ASGIApp:
    """Make the provider.

    Raises:
        InvalidDocument: the options are wrong.
    """
    options_of(config, Options)
    stand_in = StandIn(config.name, OPS, world)
    policy = Policy(stand_in)
    route = Route("/v1/policy", stand_in.endpoint("policy", policy.telling))
    return routing([route, *control_routes(stand_in)])
