"""The control plane of a stand-in: ledger, counts and behaviour, for the harness alone."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from mock_services.behaviour import parse
from mock_services.calls import Reply
from mock_services.documents import InvalidDocument
from mock_services.routes import Endpoint, Request, Response, Route
from mock_services.stand_in import StandIn, refusal, respond

TOKEN_HEADER = b"x-harness-token"
NO_CALLBACKS: Mapping[str, int] = MappingProxyType({"sent": 0, "acknowledged": 0, "failed": 0})


def control_routes(stand_in: StandIn, callbacks: Mapping[str, int] = NO_CALLBACKS) -> list[Route]:
    """Make the control routes.

    Args:
        callbacks: live counts `sent`, `acknowledged` and `failed`.
    """

    async def ledger(request: Request) -> Response:
        kept = stand_in.ledger
        body = {"name": stand_in.name, "entries": kept.entries(), "calls": kept.calls()}
        return respond(Reply(200, {**body, "epochs_s": kept.epochs_s, "torn": kept.torn}))

    async def counts(request: Request) -> Response:
        hits = stand_in.script.hits
        body = {"calls": stand_in.calls, "rules": hits, "callbacks": dict(callbacks)}
        return respond(Reply(200, {**body, "turned_away": stand_in.allowance.turned_away}))

    async def behaviour(request: Request) -> Response:
        if request.method == "PUT":
            return respond(_replace(stand_in, request.body))
        return respond(Reply(200, stand_in.script.behaviour))

    guarded = _guard(stand_in.world.token)
    return [
        Route("/_ledger", guarded(ledger)),
        Route("/_counts", guarded(counts)),
        Route("/_control/behaviour", guarded(behaviour), methods=["GET", "PUT"]),
    ]


def _replace(stand_in: StandIn, body: bytes) -> Reply:
    """Set another behaviour, or say everything that is wrong with it."""
    try:
        behaviour = parse(msgspec.json.decode(body), stand_in.ops)
    except msgspec.DecodeError as wrong:
        return _invalid(stand_in.name, [f"document: not JSON: {wrong}"])
    except InvalidDocument as wrong:
        return _invalid(stand_in.name, wrong.problems)
    stand_in.show(behaviour)
    return Reply(200, behaviour)


def _invalid(name: str, problems: list[str] | tuple[str, ...]) -> Reply:
    message = f"behaviour of {name} is unchanged, problems: {len(problems)}; " + "; ".join(problems)
    body = {"code": "invalid_behaviour", "message": message, "problems": problems}
    return Reply(400, body)


def _guard(token: str) -> Callable[[Endpoint], Endpoint]:
    """Let only the harness in: nothing that a web page could send, and the run's own token."""
    expected = token.encode()

    def guarded(endpoint: Endpoint) -> Endpoint:
        async def handle(request: Request) -> Response:
            if request.header(b"origin") is not None:
                return respond(refusal(403, "origin_refused", "requests of web pages are refused"))
            given = (request.header(TOKEN_HEADER) or "").encode()
            if not hmac.compare_digest(given, expected):
                return respond(refusal(401, "token_refused", "X-Harness-Token is missing or wrong"))
            return await endpoint(request)

        return handle

    return guarded
