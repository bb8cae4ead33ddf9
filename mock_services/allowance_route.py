"""Where the stand-in that keeps the count of a shared allowance is asked by the others."""

from __future__ import annotations

import msgspec

from mock_services.allowance import Answered, Wanted
from mock_services.calls import Reply
from mock_services.routes import Endpoint, Request, Response
from mock_services.stand_in import StandIn, refusal, respond


def counting(stand_in: StandIn) -> Endpoint:
    """Where other gateways ask whether something is left of what all may do together."""

    async def handle(request: Request) -> Response:
        try:
            wanted = msgspec.json.decode(request.body, type=Wanted)
        except msgspec.DecodeError as wrong:
            return respond(refusal(422, "bad_body", f"allowance: {wrong}"))
        return respond(Reply(200, Answered(stand_in.allowance.take(wanted.per_s))))

    return handle
