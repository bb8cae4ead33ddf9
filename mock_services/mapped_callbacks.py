"""Callbacks of a stand-in by mappings: where to, what they say, when, and who signed them.

One that any 2xx answers is acknowledged; until then it is repeated at the gaps. What an earlier
life has not seen acknowledged, the next one goes on with.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mock_services.callbacks import Callbacks, planned
from mock_services.effects import CALLBACK_OP
from mock_services.stand_in import StandIn, encode

VARIABLE = re.compile(r"\$\{(\w+)\}")
Body = dict[str, Any]


class Sign(msgspec.Struct, frozen=True):
    """HMAC-SHA256 of the body, hexadecimal, in a header.

    Args:
        secret: of both sides; `${NAME}` is taken from the environment of the stand-in.
    """

    header: Annotated[str, Meta(min_length=1)]
    secret: Annotated[str, Meta(min_length=1)]

    def headers(self, body: bytes, environ: Mapping[str, str]) -> dict[str, str]:
        """The header of a body."""
        secret = VARIABLE.sub(lambda name: environ.get(name[1], ""), self.secret)
        return {self.header: hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


class Hook(msgspec.Struct, frozen=True, rename={"after_s": "after", "gaps_s": "gaps"}):
    """The callback of a mapping.

    Args:
        to: URL.
        body: template, as of a reply; `declined` for what was refused, no callback without it.
        amount: field of the body that a wrong amount changes, minor units.
        after_s: from the request to the first attempt.
        gaps_s: between one attempt and the next; attempts end when the gaps do.
    """

    to: str
    body: Body
    declined: Body | None = None
    amount: str = ""
    after_s: Annotated[float, Meta(ge=0)] = 1.0
    gaps_s: tuple[Annotated[float, Meta(ge=0)], ...] = (1.0, 2.0, 4.0)
    sign: Sign | None = None


class MappedCallbacks:
    """Sends the callbacks of every mapping of a stand-in.

    Args:
        hooks: op -> its callback.
    """

    def __init__(self, stand_in: StandIn, hooks: Mapping[str, Hook]) -> None:
        """Go on with what an earlier life has begun."""
        self._stand_in = stand_in
        self.counts = {"sent": 0, "acknowledged": 0, "failed": 0}
        world = stand_in.world
        self._hooks = hooks
        self._callbacks = {
            op: Callbacks(self._sender(hook), hook.after_s, hook.gaps_s, world.clock, self.counts)
            for op, hook in hooks.items()
        }
        done = set(stand_in.ledger.past("announced"))
        for begun in stand_in.ledger.past("callback"):
            if begun["id"] not in done and begun["op"] in hooks:
                world.spawn(self._deliver(begun))

    def begin(self, op: str, key: str, request_id: str, bodies: Mapping[str, Body | None]) -> None:
        """Let the callback of a request be delivered.

        Args:
            bodies: `first` is what is sent; SUCCESS and FAILED what a contradiction says.
        """
        if op not in self._hooks or bodies["first"] is None:
            return
        now_s = self._stand_in.world.clock.now_s()
        begun = {"id": f"{op} {request_id}", "op": op, "key": key, "t_s": now_s, "bodies": bodies}
        self._stand_in.ledger.note({"callback": begun})
        self._stand_in.world.spawn(self._deliver(begun))

    async def _deliver(self, begun: Mapping[str, Any]) -> None:
        bodies = begun["bodies"]
        amount = self._hooks[begun["op"]].amount
        plan = partial(planned, bodies["first"], amount, lambda _, status: bodies[status])
        copies = await self._stand_in.act(CALLBACK_OP, begun["key"], plan)
        await self._callbacks[begun["op"]].deliver(copies.body, begun["t_s"])
        self._stand_in.ledger.note({"announced": begun["id"]})

    def _sender(self, hook: Hook) -> Callable[[Body], Any]:
        world = self._stand_in.world

        async def send(body: Body) -> bool:
            raw = encode(body)
            signed = hook.sign.headers(raw, world.environ) if hook.sign else {}
            headers = {"content-type": "application/json", **signed}
            return 200 <= await world.post(hook.to, raw, headers) < 300

        return send
