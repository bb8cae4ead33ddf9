"""A risk engine: scores by application id, limits by borrower; both follow from the seed alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.types import ASGIApp

from mock_services.calls import Reply
from mock_services.config import Config, options_of
from mock_services.control import control_routes
from mock_services.dice import thrown
from mock_services.effect_args import RefusedArgs
from mock_services.routes import Route
from mock_services.stand_in import Amount, Id, Prepared, StandIn, World, refusal, reused, routing

OPS = ("score", "limit")
SCORE_MAX = 1000
NAN = "NaN"  # in ledgers and rules; bare on the wire, as careless encoders write it
LIMIT_MINOR_MIN, LIMIT_MINOR_MAX, LIMIT_MINOR_STEP = 500_000, 5_000_000, 10_000
LIMITS = (LIMIT_MINOR_MAX - LIMIT_MINOR_MIN) // LIMIT_MINOR_STEP + 1


class Options(msgspec.Struct, frozen=True):
    """How many are approved, and by which model; the defaults are chosen, not measured."""

    approve_share: Annotated[float, Meta(ge=0, le=1)] = 0.9
    model_version: str = "m1"


class Scoring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/scores`."""

    application_id: Id
    borrower: Id
    segment: Id
    region: Id
    amount_minor: Amount


class RiskEngine:
    """Answers the same question in the same way, unless it was told to answer wrongly."""

    def __init__(self, stand_in: StandIn, seed: int, options: Options) -> None:
        """Take up what was scored in an earlier life."""
        self._stand_in = stand_in
        self._seed = seed
        self._options = options
        self._decode: Callable[[bytes], Scoring] = msgspec.json.Decoder(Scoring).decode
        self._scored: dict[str, tuple[Scoring, dict[str, object]]] = {
            told["body"]["application_id"]: (msgspec.convert(told["body"], Scoring), told["answer"])
            for told in stand_in.ledger.past("scored")
        }
        entries = stand_in.ledger.entries()
        self._limits = {one["k"]: one["amount_minor"] for one in entries if one["f"] == "limit"}

    def scoring(self, params: dict[str, str], raw: bytes) -> Prepared:
        """Score an application."""
        body = self._decode(raw)
        return body.application_id, partial(self._score, body)

    def limiting(self, params: dict[str, str], raw: bytes) -> Prepared:
        """Tell a borrower's limit."""
        return params["borrower"], partial(self._limit, params["borrower"])

    def _score(
        self,
        body: Scoring,
        *,
        adjust: Callable[[int], object] = lambda points: points,
        declined: bool = False,
        refused: RefusedArgs | None = None,
        version: str = "",
    ) -> Reply:
        seen, told = self._scored.get(body.application_id, (body, None))
        if seen != body:
            return reused(body.application_id)
        if refused and _is_refused(body, refused):
            whom = f"{body.segment} in {body.region}"
            return refusal(403, "segment_refused", f"no scores for {whom} at present")
        stream = f"score/{body.borrower}/{body.amount_minor}"
        if version not in ("", self._options.model_version):
            stream = f"{version}/{stream}"
        points = thrown(self._seed, stream, SCORE_MAX + 1)
        score = adjust(points)
        decision = "decline" if declined else self._decide(score, points)
        answer = {"application_id": body.application_id, "score": score, "decision": decision}
        answer["model_version"] = version or self._options.model_version
        if answer != told:
            own = {"score": points, "decision": self._decide(points, points)}
            right = (score, decision) == (own["score"], own["decision"])
            self._enter(body, answer, {} if right else {"own": own})
            self._scored[body.application_id] = (body, answer)
        if score == NAN:
            return Reply(200, {**answer, "score": msgspec.Raw(NAN.encode())})
        return Reply(200, answer)

    def _decide(self, score: object, points: int) -> str:
        """Decide by the score that is answered; by the true one when that is no number."""
        counts = score if isinstance(score, int | float) else points
        lowest = (1 - self._options.approve_share) * (SCORE_MAX + 1)
        return "approve" if counts >= lowest else "decline"

    def _enter(self, body: Scoring, answer: dict[str, Any], wrong: dict[str, Any]) -> None:
        self._stand_in.ledger.append(
            "score",
            body.application_id,
            body.application_id,
            body.amount_minor,
            answer["decision"],
            borrower=body.borrower,
            segment=body.segment,
            region=body.region,
            decision=answer["decision"],
            score=answer["score"],
            model_version=answer["model_version"],
            **wrong,
            state={"scored": {"body": msgspec.structs.asdict(body), "answer": answer}},
        )

    def _limit(self, borrower: str) -> Reply:
        step = thrown(self._seed, f"limit/{borrower}", LIMITS)
        limit_minor = LIMIT_MINOR_MIN + step * LIMIT_MINOR_STEP
        if self._limits.get(borrower) != limit_minor:
            self._limits[borrower] = limit_minor
            self._stand_in.ledger.append("limit", borrower, borrower, limit_minor, "TOLD")
        return Reply(200, {"borrower": borrower, "limit_minor": limit_minor, "currency": "CNY"})


def _is_refused(body: Scoring, refused: RefusedArgs) -> bool:
    return refused.segment in (None, body.segment) and refused.region in (None, body.region)


def build(config: Config, world: World) -> ASGIApp:
    """Make the engine.

    Raises:
        InvalidDocument: the options are wrong.
    """
    stand_in = StandIn(config.name, OPS, world)
    engine = RiskEngine(stand_in, config.seed, options_of(config, Options))
    return routing(
        [
            Route("/v1/scores", stand_in.endpoint("score", engine.scoring), methods=["POST"]),
            Route("/v1/limits/{borrower}", stand_in.endpoint("limit", engine.limiting)),
            *control_routes(stand_in),
        ]
    )
