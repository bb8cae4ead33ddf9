"""A stand-in by mappings: requests matched by method and path, answered by templates.

A third party of somebody else's: what it is asked is written down, not programmed. A mapping may
name a business key, a key by which the same request is done once, an entry of the ledger, and how
a refusal looks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.types import ASGIApp

from mock_services.config import Config, options_of
from mock_services.control import control_routes
from mock_services.effects import Reply
from mock_services.routes import Request, Response, Route
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
    """

    on: Annotated[str, Meta(pattern=r"^(GET|POST|PUT|PATCH|DELETE) /")]
    op: Annotated[str, Meta(min_length=1)]
    key: str = ""
    once_by: str = ""
    ledger: Booking | None = None
    status: Annotated[int, Meta(ge=200, le=599)] = 200
    reply: dict[str, Any] = {}
    declined: dict[str, Any] | None = None


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

    def __init__(self, stand_in: StandIn, mapping: Matched) -> None:
        """Go on from what an earlier life has answered."""
        self._stand_in, self._mapping = stand_in, mapping
        self._replies: dict[str, Reply] = {}
        for told in stand_in.ledger.past(f"once {mapping.op}"):
            self._replies[told["by"]] = Reply(told["status"], told["body"])

    async def __call__(self, request: Request) -> Response:
        """Answer one, as the rules in force want it."""
        op = self._mapping.op
        self._stand_in.ledger.note({"call": op})
        self._stand_in.calls[op] += 1
        try:
            asked = _read(request)
        except msgspec.DecodeError as wrong:
            return respond(refusal(422, "bad_body", f"{op}: {wrong}"))
        key = _text(asked.select(self._mapping.key)) if self._mapping.key else ""
        once = _text(asked.select(self._mapping.once_by)) if self._mapping.once_by else ""
        return respond(await self._stand_in.act(op, key, partial(self._do, asked, key, once)))

    def _do(
        self, asked: Asked, key: str, once: str, *, first: str = SUCCESS, **others: object
    ) -> Reply:
        """Do it once: what came before by the same key gets the reply of then."""
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
        return reply

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
    ops = [mapping.op for mapping in options.mappings]
    stand_in = StandIn(config.name, ops, world)
    routes = []
    for mapping in options.mappings:
        method, path = mapping.on.split(" ", 1)
        routes.append(Route(path, Mapped(stand_in, mapping), methods=[method]))
    return routing([*routes, *control_routes(stand_in)])
