"""A stand-in by mappings: requests matched by method and path, answered by templates.

A third party of somebody else's: what it is asked is written down, not programmed. A mapping may
name a business key, a key by which the same request is done once, an entry of the ledger, and how
a refusal looks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.types import ASGIApp

from mock_services.calls import Reply
from mock_services.config import Config, options_of
from mock_services.control import control_routes
from mock_services.dice import thrown
from mock_services.effects import CALLBACK_OP
from mock_services.mapped_callbacks import Hook, MappedCallbacks
from mock_services.mapped_requests import Asked, fits_path, may_meet, minor, read
from mock_services.routes import Endpoint, Request, Response, Route
from mock_services.stand_in import StandIn, World, refusal, respond, routing

HOLE = re.compile(r"\{([a-z]+(?:\.[\w-]+)*)\}")
SUCCESS, FAILED = "SUCCESS", "FAILED"
DICE, SIDES = "dice.", 1_000_000
DECLINED = {"code": "declined", "message": "refused"}


class Booking(msgspec.Struct, frozen=True):
    """What a request leaves in the ledger.

    Args:
        entry: name of the entry.
        amount: selector of an amount, "" for none.
        decimals: of the amount as it is written: 0 where it is in minor units.
    """

    entry: Annotated[str, Meta(min_length=1)]
    amount: str = ""
    decimals: Annotated[int, Meta(ge=0, le=6)] = 0


class Matched(msgspec.Struct, frozen=True, rename={"once_by": "once-by"}):
    """One kind of request.

    Args:
        on: `POST /v1/payouts`; a segment `{name}` takes any text.
        op: its name for rules and counts; mappings may share one.
        key: selector of the business key: `body.loan_id`, `header.X-Loan`, `path.id`.
        once_by: selector of what makes two requests the same one.
        status: of the reply.
        reply: template of the body; `{key}`, `{body.x}`, `{path.x}`, `{header.x}`, `{number}` and
            `{dice.1.6}`, which the seed and the key decide.
        declined: the reply to one that is refused for a business reason.
        declines: which share of them is refused, when all is well: the seed and the key decide.
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
    reply: Any = {}
    declined: Any = None
    declines: Annotated[float, Meta(ge=0, le=1)] = 0.0
    when: dict[str, Any] = {}
    callback: Hook | None = None


class Options(msgspec.Struct, frozen=True):
    """The mappings, in the order in which they are asked."""

    mappings: Annotated[list[Matched], Meta(min_length=1)]


class Mapped:
    """The requests of one mapping."""

    def __init__(
        self,
        stand_in: StandIn,
        mapping: Matched,
        callbacks: MappedCallbacks,
        replies: dict[str, Reply],
        hook: str,
        seed: int = 0,
    ) -> None:
        self._seed = seed
        self._stand_in, self._mapping, self._callbacks = stand_in, mapping, callbacks
        self._replies, self._hook = replies, hook
        self._method, self._path = mapping.on.split(" ", 1)
        self._reply = _compiled(mapping.reply)
        self._declined = _compiled(DECLINED if mapping.declined is None else mapping.declined)
        hook_ = mapping.callback
        told = {SUCCESS: hook_.body, FAILED: hook_.declined} if hook_ else {}
        self._told = {end: body and _compiled(body) for end, body in told.items()}

    def may_take(self, method: str, path: str) -> bool:
        """Whether requests of a route may be of this kind."""
        return method == self._method and may_meet(path, self._path)

    def takes(self, path: str, asked: Asked) -> Asked | None:
        """The request with the parameters of its path; None when it is of another kind."""
        params = fits_path(self._path, path)
        if params is None:
            return None
        if params:
            asked = msgspec.structs.replace(asked, path=params)
        fits = all(_same(asked.select(of), one) for of, one in self._mapping.when.items())
        return asked if fits else None

    async def answer(self, asked: Asked) -> Response:
        """Answer one, as the rules in force want it."""
        op, booking = self._mapping.op, self._mapping.ledger
        self._stand_in.ledger.note({"call": op})
        self._stand_in.calls[op] += 1
        number = sum(self._stand_in.calls.values())
        if booking and booking.amount:
            value = asked.select(booking.amount)
            if minor(value, booking.decimals) is None:
                message = f"{booking.amount} is {value!r}: no amount with decimals: "
                return respond(refusal(422, "bad_amount", f"{message}{booking.decimals}"))
        key = _text(asked.select(self._mapping.key)) if self._mapping.key else ""
        once = _text(asked.select(self._mapping.once_by)) if self._mapping.once_by else ""
        do = partial(self._do, asked, key, once, number)
        return respond(await self._stand_in.act(op, key, do, asked.bearer))

    def _do(
        self,
        asked: Asked,
        key: str,
        once: str,
        number: int,
        *,
        first: str = SUCCESS,
        declined: bool = False,
        **others: object,
    ) -> Reply:
        """Do it once: what came before by the same key gets the reply of then."""
        thing = f"{self._stand_in.name}/{self._mapping.op}/{key or once or number}"
        share = self._mapping.declines
        unlucky = share > 0 and thrown(self._seed, thing, SIDES) < share * SIDES
        first = FAILED if declined or unlucky else first
        if others.get("ends") or first not in (SUCCESS, FAILED):
            return refusal(501, "no_such_end", "a stand-in by mapping ends at once")
        if once and once in self._replies:
            return self._replies[once]
        template = self._declined if first == FAILED else self._reply

        def value_of(hole: str) -> Any:
            if hole == "key":
                return key
            if hole == "number":
                return number
            if hole.startswith(DICE):
                return _throw(self._seed, thing, *hole.removeprefix(DICE).split("."))
            return asked.select(hole)

        body = template(value_of)
        declined_plainly = first == FAILED and self._mapping.declined is None
        reply = Reply(422 if declined_plainly else self._mapping.status, body)
        state = {f"once {self._mapping.op}": {"by": once, "status": reply.status, "body": body}}
        self._book(asked, key, once or str(number), first, state if once else None)
        if once:
            self._replies[once] = reply
        self._call_back(value_of, key, once or str(number), first)
        return reply

    def _call_back(
        self, value_of: Callable[[str], Any], key: str, request_id: str, first: str
    ) -> None:
        if not self._told:
            return
        filled = {end: fill and fill(value_of) for end, fill in self._told.items()}
        self._callbacks.begin(self._hook, key, request_id, {**filled, "first": filled[first]})

    def _book(
        self, asked: Asked, key: str, request_id: str, status: str, state: dict[str, Any] | None
    ) -> None:
        booking = self._mapping.ledger
        if booking is None:
            if state is not None:
                self._stand_in.ledger.note(state)
            return
        amount = asked.select(booking.amount) if booking.amount else 0
        amount_minor = minor(amount, booking.decimals) or 0
        self._stand_in.ledger.append(
            booking.entry, key, request_id, amount_minor, status, state=state
        )


def _one_of(kinds: Sequence[Mapped]) -> Endpoint:
    """Lets the first mapping that fits answer."""

    async def handle(request: Request) -> Response:
        try:
            asked = read(request)
        except msgspec.DecodeError as wrong:
            return respond(refusal(422, "bad_body", f"{request.path}: {wrong}"))
        for kind in kinds:
            if (taken := kind.takes(request.path, asked)) is not None:
                return await kind.answer(taken)
        return respond(refusal(404, "no_mapping", f"no mapping fits {request.path}"))

    return handle


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _same(value: object, wanted: object) -> bool:
    """Headers and fields of a form are texts, whatever they stand for."""
    if isinstance(value, str) and not isinstance(wanted, str):
        return value.lower() == str(wanted).lower()
    return value == wanted


def _throw(seed: int, thing: str, low: str, high: str) -> int:
    """A whole number in between, the same for a thing in every run of a seed."""
    first = int(low)
    return first + thrown(seed, f"{thing}/{low}.{high}", int(high) - first + 1)


Fill = Callable[[Callable[[str], Any]], Any]
"""A template that was read once: hole -> value, to what it says."""


def _compiled(template: Any) -> Fill:
    """A template; a text that is one hole keeps the type of its value."""
    if isinstance(template, Mapping):
        inner = [(name, _compiled(value)) for name, value in template.items()]
        return lambda of: {name: fill(of) for name, fill in inner}
    if isinstance(template, list):
        each = [_compiled(value) for value in template]
        return lambda of: [fill(of) for fill in each]
    if not isinstance(template, str) or not HOLE.search(template):
        return lambda of: template
    if whole := HOLE.fullmatch(template):
        only = whole[1]
        return lambda of: of(only)
    parts = HOLE.split(template)  # text, hole, text, ...
    return lambda of: "".join(
        _text(of(part)) if number % 2 else part for number, part in enumerate(parts)
    )


def build(config: Config, world: World) -> ASGIApp:
    """Make the stand-in.

    Raises:
        InvalidDocument: the options are wrong.
    """
    mappings = options_of(config, Options).mappings
    names = _names(mappings)
    hooks = {name: one.callback for name, one in zip(names, mappings, strict=True) if one.callback}
    ops = dict.fromkeys([one.op for one in mappings] + ([CALLBACK_OP] if hooks else []))
    stand_in = StandIn(config.name, [*ops], world)
    callbacks = MappedCallbacks(stand_in, hooks)
    replies = {op: _earlier(stand_in, op) for op in ops}
    kinds = [
        Mapped(stand_in, one, callbacks, replies[one.op], name, config.seed)
        for name, one in zip(names, mappings, strict=True)
    ]
    routes = []
    for method, path in (on.split(" ", 1) for on in dict.fromkeys(one.on for one in mappings)):
        those = [kind for kind in kinds if kind.may_take(method, path)]
        routes.append(Route(path, _one_of(those), methods=[method]))
    return routing([*routes, *control_routes(stand_in, callbacks.counts)])


def _names(mappings: Sequence[Matched]) -> list[str]:
    """Of each callback: its op, with a number where others have come before with the same op."""
    ops = [one.op for one in mappings]
    before = [ops[:at].count(op) for at, op in enumerate(ops)]
    return [f"{op}.{more}" if more else op for op, more in zip(ops, before, strict=True)]


def _earlier(stand_in: StandIn, op: str) -> dict[str, Reply]:
    """What an earlier life has answered, by what makes two requests the same one."""
    told = stand_in.ledger.past(f"once {op}")
    return {one["by"]: Reply(one["status"], one["body"]) for one in told}
