"""The file of a period: what moved in it, line by line, for those who compare it with their books.

period 0: [0, period_s)  ->  to be had from period_s on, and never another one
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mock_services.calls import Reply
from mock_services.effect_args import SpoiledArgs
from mock_services.routes import Route
from mock_services.stand_in import Prepared, StandIn, refusal

PERIOD_S = 5.0
"""Of a day; chosen, not measured."""
Period = Annotated[float, Meta(gt=0)]
Number = Annotated[int, Meta(ge=0, le=10**9)]


class PeriodFiles:
    """The files of one stand-in, read from its ledger.

    Args:
        moved: the status of a ledger entry by which money has moved for good.
        period_s: run-clock seconds that a file is about.
    """

    def __init__(self, stand_in: StandIn, moved: str, period_s: float) -> None:
        self._stand_in = stand_in
        self._moved = moved
        self._period_s = period_s

    def route(self) -> Route:
        """Where a file is asked for by the number of its period, from 0."""
        return Route("/v1/files/{period}", self._stand_in.endpoint("file", self._asked))

    def _asked(self, params: dict[str, str], raw: bytes) -> Prepared:
        number = msgspec.convert(params["period"], Number, strict=False)
        return params["period"], partial(self._file, number)

    def _file(self, number: int, *, spoiled: SpoiledArgs | None = None) -> Reply:
        """All lines of a period, how many they are, and what they come to, minor units."""
        from_s, to_s = number * self._period_s, (number + 1) * self._period_s
        if self._stand_in.world.clock.now_s() < to_s:
            return refusal(404, "not_found", f"period {number} is over at {to_s:g} s")
        lines = [
            {
                "kind": entry["f"],
                "request_id": entry["request_id"],
                "reference": entry["k"],
                "amount_minor": entry["amount_minor"],
            }
            for entry in self._stand_in.ledger.entries()
            if entry["status"] == self._moved and from_s <= entry["t_s"] < to_s
        ]
        told = lines if spoiled is None else _spoiled(lines, spoiled)
        counted = lines if spoiled is not None and spoiled.totals == "kept" else told
        total_minor = sum(line["amount_minor"] for line in counted)
        totals = {"count": len(counted), "total_minor": total_minor}
        return Reply(
            200, {"period": number, "from_s": from_s, "to_s": to_s, **totals, "lines": told}
        )


def _spoiled(lines: list[dict[str, Any]], args: SpoiledArgs) -> list[dict[str, Any]]:
    """The lines with every so many-th one, the first included, wrong."""
    told: list[dict[str, Any]] = []
    for n, line in enumerate(lines):
        if n % args.every:
            told.append(line)
        elif args.form == "doubled":
            told += [line, line]
        elif args.form == "amount":
            told.append({**line, "amount_minor": line["amount_minor"] + 1})
    return told
