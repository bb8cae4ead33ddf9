"""A stand-in by mappings: requests matched by method and path, answered by templates.

A third party of somebody else's: what it is asked is written down, not programmed. A mapping may
name a business key, a key by which the same request is done once, an entry of the ledger, and how
a refusal looks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.types import ASGIApp

from mock_services.config import Config, options_of
from mock_services.control import control_routes
from mock_services.effects import CALLBACK_OP, Reply
from mock_services.mapped_callbacks import Hook, MappedCallbacks
from mock_services.routes import Endpoint, Request, Response, Route
from mock_services.stand_in import StandIn, World, refusal, respond, routing

HOLE = re.compile(r"\{([a-z]+(?:\.[\w-]+)*)\}")
SUCCESS, FAILED = "SUCCESS", "FAILED"


class Booking(msgspec.Struct, frozen=True):
    """What a request leaves in the ledger.

    Args:
        entry: name of the entry.
        amount: selector of an amount in minor units, "" for none.
    """

    entry: Annotated[str, Meta(min_length=1)]
    amount: str = ""


class Matched(msgspec.Struct, frozen=True, rename={"once_by": "once-by"}):
    """One kind of request.

    Args:
        on: `POST /v1/payouts`; a segment `{name}` takes any text.
        op: its name for rules and counts.
        key: selector of the business key: `body.loan_id`, `header.X-Loan`, `path.id`.
        once_by: selector of what makes two requests the same one.
        status: of the reply.
        reply: template of the body; `{key}`, `{body.x}`, `{path.x}`, `{header.x}` and `{number}`.
        declined: the reply to one that is refused for a business reason.
        when: selector -> value, of requests that are of this kind; the first mapping that fits
            takes a request.
        callback: what is told to the caller later.
    """

    on: Annotated[str, Meta(pattern=r"^(GET|POST|PUT|PATCH|DELETE) /")]
    op: Annotated[str, Meta(min_length=1)]
    key: str = ""
    once_by: str = ""
    ledger: Booking | None = None
    status: Annotated[int, Meta(ge=200, le=599)] = 200
    reply: dict[str, Any] = {}
    declined: dict[str, Any] | None = None
    when: dict[str, Any] = {}
    callback: Hook | None = None


class Options(msgspec.Struct, frozen=True):
    """The mappings, in the order in which they are asked."""

    mappings: Annotated[list[Matched], Meta(min_length=1)]


class Asked(msgspec.Struct, frozen=True):
    """A request as selectors see it."""

    body: Any
    path: Mapping[str, str]
    headers: Mapping[str, str]

    def select(self, selector: str) -> Any:
        """What a selector names; None when there is no such thing."""
        source, _, rest = selector.partition(".")
        if source == "header":
            return self.headers.get(rest.lower())
        found: Any = {"body": self.body, "path": self.path}.get(source)
        for name in filter(None, rest.split(".")):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found


class Mapped:
    """The requests of one mapping."""

    def __init__(self, stand_in: StandIn, mapping: Matched, callbacks: MappedCallbacks) -> None:
        """Go on from what an earlier life has answered."""
        self._stand_in, self._mapping, self._callbacks = stand_in, mapping, callbacks
        self._replies: dict[str, Reply] = {}
        for told in stand_in.ledger.past(f"once {mapping.op}"):
            self._replies[told["by"]] = Reply(told["status"], told["body"])

    def takes(self, asked: Asked) -> bool:
        """Whether a request is of this kind."""
        return all(asked.select(of) == value for of, value in self._mapping.when.items())

    async def answer(self, asked: Asked) -> Response:
        """Answer one, as the rules in force want it."""
        op = self._mapping.op
        self._stand_in.ledger.note({"call": op})
        self._stand_in.calls[op] += 1
        key = _text(asked.select(self._mapping.key)) if self._mapping.key else ""
        once = _text(asked.select(self._mapping.once_by)) if self._mapping.once_by else ""
        return respond(await self._stand_in.act(op, key, partial(self._do, asked, key, once)))

    def _do(
        self,
        asked: Asked,
        key: str,
        once: str,
        *,
        first: str = SUCCESS,
        declined: bool = False,
        **others: object,
    ) -> Reply:
        """Do it once: what came before by the same key gets the reply of then."""
        first = FAILED if declined else first
        if others.get("ends") or first not in (SUCCESS, FAILED):
            return refusal(501, "no_such_end", "a stand-in by mapping ends at once")
        if once and once in self._replies:
            return self._replies[once]
        template = self._mapping.reply
        if first == FAILED:
            template = self._mapping.declined or {"code": "declined", "message": "refused"}
        number = len(self._stand_in.ledger.entries())
        body = _filled(template, asked, key, number)
        declined_plainly = first == FAILED and self._mapping.declined is None
        reply = Reply(422 if declined_plainly else self._mapping.status, body)
        state = {f"once {self._mapping.op}": {"by": once, "status": reply.status, "body": body}}
        self._book(asked, key, once or str(number), first, state if once else None)
        if once:
            self._replies[once] = reply
        self._call_back(asked, key, once or str(number), first, number)
        return reply

    def _call_back(self, asked: Asked, key: str, request_id: str, first: str, number: int) -> None:
        hook = self._mapping.callback
        if hook is None:
            return
        bodies = {SUCCESS: hook.body, FAILED: hook.declined}
        filled = {end: body and _filled(body, asked, key, number) for end, body in bodies.items()}
        self._callbacks.begin(self._mapping.op, key, request_id, {**filled, "first": filled[first]})

    def _book(
        self, asked: Asked, key: str, request_id: str, status: str, state: dict[str, Any] | None
    ) -> None:
        booking = self._mapping.ledger
        if booking is None:
            if state is not None:
                self._stand_in.ledger.note(state)
            return
        amount = asked.select(booking.amount) if booking.amount else 0
        amount_minor = amount if isinstance(amount, int) and not isinstance(amount, bool) else 0
        self._stand_in.ledger.append(
            booking.entry, key, request_id, amount_minor, status, state=state
        )


def _one_of(kinds: Sequence[Mapped]) -> Endpoint:
    """Lets the first mapping that fits answer."""

    async def handle(request: Request) -> Response:
        try:
            asked = _read(request)
        except msgspec.DecodeError as wrong:
            return respond(refusal(422, "bad_body", f"{request.path}: {wrong}"))
        for kind in kinds:
            if kind.takes(asked):
                return await kind.answer(asked)
        return respond(refusal(404, "no_mapping", f"no mapping fits {request.path}"))

    return handle


def _read(request: Request) -> Asked:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers}
    body = msgspec.json.decode(request.body) if request.body else {}
    return Asked(body, request.params, headers)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _filled(template: Any, asked: Asked, key: str, number: int) -> Any:
    """A template with its holes filled; one that is all of a text keeps the type of its value."""
    if isinstance(template, Mapping):
        return {name: _filled(value, asked, key, number) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, asked, key, number) for value in template]
    if not isinstance(template, str):
        return template

    def value_of(name: str) -> Any:
        return {"key": key, "number": number}.get(name, asked.select(name))

    if whole := HOLE.fullmatch(template):
        return value_of(whole[1])
    return HOLE.sub(lambda hole: _text(value_of(hole[1])), template)


def build(config: Config, world: World) -> ASGIApp:
    """Make the stand-in.

    Raises:
        InvalidDocument: the options are wrong.
    """
    options = options_of(config, Options)
    hooks = {one.op: one.callback for one in options.mappings if one.callback}
    ops = [*(mapping.op for mapping in options.mappings), *([CALLBACK_OP] if hooks else [])]
    stand_in = StandIn(config.name, ops, world)
    callbacks = MappedCallbacks(stand_in, hooks)
    kinds: dict[str, list[Mapped]] = {}
    for mapping in options.mappings:
        kinds.setdefault(mapping.on, []).append(Mapped(stand_in, mapping, callbacks))
    routes = []
    for on, those in kinds.items():
        method, path = on.split(" ", 1)
        routes.append(Route(path, _one_of(those), methods=[method]))
    return routing([*routes, *control_routes(stand_in, callbacks.counts)])
