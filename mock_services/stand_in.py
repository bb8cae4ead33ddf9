"""What every stand-in is made of: counts, script, ledger and routes around the work of one kind.

request -> count -> decode (422) -> script: an effect, or none -> do: ledger, state -> reply
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.types import Receive, Scope, Send

from mock_services.allowance import Allowance
from mock_services.behaviour import Behaviour, Script, parse
from mock_services.calls import Call, Lane, Reply
from mock_services.clock import Clock, utc
from mock_services.dice import Dice
from mock_services.journal import Journal
from mock_services.layers import show
from mock_services.ledger import Ledger
from mock_services.routes import Endpoint, Request, Response, Route, Router

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Amount = Annotated[int, Meta(gt=0)]
Prepared = tuple[str, Callable[..., Reply]]
Prepare = Callable[[dict[str, str], bytes], Prepared]
NO_REPLY = 0  # the status of a call that gets none
encode = msgspec.json.Encoder().encode


async def _nowhere(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    raise ConnectionRefusedError(f"{url}: nothing is sent in virtual time")


class World(msgspec.Struct, frozen=True):
    """What a stand-in needs from around it; nothing else reaches outside.

    Args:
        clock: the run clock.
        dice: a name -> dice of its own.
        send_callback: (url, JSON body) -> the reply's text; an `OSError` means no reply.
        spawn: lets a coroutine run in the background, for as long as the program lives.
        token: what `X-Harness-Token` must carry on the control routes; never empty.
        journal: what outlives the program.
        calendar: the instant in UTC, for headers of HTTP.
        post: (url, body, headers) -> the reply's status; an `OSError` means no reply.
        environ: of the program, for secrets that stand in no file.
    """

    clock: Clock
    dice: Dice
    send_callback: Callable[[str, dict[str, object]], Awaitable[str]]
    spawn: Callable[[Coroutine[object, object, None]], object]
    token: str
    journal: Journal
    calendar: Callable[[], datetime] = utc
    post: Callable[[str, bytes, Mapping[str, str]], Awaitable[int]] = _nowhere
    environ: Mapping[str, str] = MappingProxyType({})

    def __post_init__(self) -> None:
        """Refuse an empty token: it would open the control routes to everybody."""
        if not self.token:
            raise ValueError("the control token is empty; set HARNESS_TOKEN to a secret text")


class StandIn:
    """The common part of a stand-in.

    Args:
        name: as the run calls it, `payment_a`.
        ops: the ops that rules may name.
        keeper: URL of the stand-in that counts what it and others may do together; "" for itself.
    """

    def __init__(self, name: str, ops: Sequence[str], world: World, keeper: str = "") -> None:
        """Take up ledger, counts and rules of an earlier life, if there was one."""
        self.name = name
        self.ops = tuple(ops)
        self.world = world
        self._lane = Lane()  # who waits in it is lost by a restart
        self.allowance = Allowance(world.clock, world.send_callback, keeper)
        self.ledger = Ledger(world.clock, world.journal)
        self.script = Script(lambda stream: world.dice(f"{name}/{stream}"))
        self.calls: Counter[str] = Counter(self.ledger.past("call"))
        self.shown: Callable[[Behaviour], None] = lambda behaviour: None
        for told in self.ledger.past("script"):
            if "rules" in told:
                self.script.replace(parse(told, self.ops))
            else:
                self.script.recall(told["hit"], told["key"])

    def show(self, behaviour: Behaviour) -> None:
        """Show another behaviour, also after a restart."""
        self.ledger.note({"script": {"rules": [*map(msgspec.to_builtins, behaviour.rules)]}})
        self.script.replace(behaviour)
        self.shown(behaviour)

    async def act(self, op: str, key: str, do: Callable[..., Reply], bearer: str = "") -> Reply:
        """Do the work of a call as the script wants it done.

        Args:
            key: the business key, for rules that name one.
            do: does the work at once, without awaiting.
            bearer: the key that the caller showed.

        Raises:
            ReplyLost: the caller is to get no reply.
        """
        shown, rules = self.script.match(op, key)
        if not shown:
            return do()
        for rule in rules:
            self.ledger.note({"script": {"hit": rule, "key": key}})

        async def work(**changes: object) -> Reply:
            return do(**changes)

        world, refused = self.world, self.allowance.refused
        call = Call(op, world.clock, work, world.calendar, bearer, self._lane, refused)
        return await show(shown, call)

    async def _watched(self, op: str, key: str, do: Callable[..., Reply], bearer: str) -> Reply:
        """`act`; while any rule is set, what came of it is kept: how callers take trouble."""
        if not self.script.behaviour.rules:
            return await self.act(op, key, do, bearer)
        since_s, told = self.world.clock.now_s(), dict[str, Any](status=NO_REPLY)
        try:
            reply = await self.act(op, key, do, bearer)
            told = _told(reply)
        finally:
            self.ledger.called(op, key, since_s, **told)
        return reply

    def endpoint(self, op: str, prepare: Prepare) -> Endpoint:
        """Make an endpoint of an op.

        Args:
            prepare: (path parameters, body) -> the business key and the work; a
                `msgspec.DecodeError` becomes a 422.
        """

        async def handle(request: Request) -> Response:
            self.ledger.note({"call": op})
            self.calls[op] += 1
            try:
                key, do = prepare(request.params, request.body)
            except msgspec.DecodeError as wrong:
                return respond(Reply(422, {"code": "bad_body", "message": f"{op}: {wrong}"}))
            return respond(await self._watched(op, key, do, request.bearer))

        return handle


def _told(reply: Reply) -> dict[str, Any]:
    """What of a reply is kept: its status, the code of its body, and for how long it asks to be
    left alone, where it says so in seconds."""
    told: dict[str, Any] = {"status": reply.status}
    if isinstance(reply.body, dict) and "code" in reply.body:
        told["code"] = reply.body["code"]
    rest = dict(reply.headers).get(b"retry-after", b"")
    return {**told, "retry_after_s": int(rest)} if rest.isdigit() else told


def respond(reply: Reply) -> Response:
    """Encode a reply as JSON, unless its body is bytes already."""
    body = reply.body if isinstance(reply.body, bytes) else encode(reply.body)
    return Response(reply.status, body, reply.media_type, headers=reply.headers)


def refusal(status: int, code: str, message: str) -> Reply:
    """Say no, with a code for programs and a message for people."""
    return Reply(status, {"code": code, "message": message})


def reused(request_id: str) -> Reply:
    """Refuse a request id that came back with another body."""
    return refusal(
        409, "request_id_reused", f"{request_id} came before with another body; use a new id"
    )


def routing(routes: Sequence[Route]) -> Router:
    """Make the ASGI app: a bare router, so that nothing between it and the server eats errors."""
    return Router([Route("/livez", _livez), *routes], default=_no_such_route)


async def _livez(request: Request) -> Response:
    return respond(Reply(200, {"status": "ok"}))


async def _no_such_route(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer an unknown path with a code of its own: it is not an unknown request."""
    if scope["type"] == "http":
        reply = refusal(404, "no_such_route", f"{scope['path']} is not a route of this stand-in")
        await respond(reply)(scope, receive, send)
