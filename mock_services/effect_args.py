"""What the effects of `effects.py` take."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(ge=0)]


class NoArgs(msgspec.Struct, frozen=True):
    """The effect takes no arguments."""


class ErrorArgs(msgspec.Struct, frozen=True):
    """`status`: the HTTP status to answer; `code` of its body. `retry_after_s`: what `Retry-After`
    asks for, in seconds or, with `retry_after_as`, as a date beside `Date`; null for no header."""

    status: Annotated[int, Meta(ge=400, le=599)] = 503
    code: Annotated[str, Meta(min_length=1)] | None = None
    retry_after_s: Annotated[int, Meta(ge=0, le=86_400)] | None = None
    retry_after_as: Literal["seconds", "date"] = "seconds"


class ErrorAfterArgs(ErrorArgs, frozen=True):
    """As of `error`."""

    status: Annotated[int, Meta(ge=400, le=599)] = 500


class FieldsArgs(msgspec.Struct, frozen=True):
    """`fields`: of the reply, with the values that they have in it; null leaves a field out."""

    fields: dict[str, object]


class GarbledArgs(msgspec.Struct, frozen=True):
    """`status`: the HTTP status to answer. `form`: of its body."""

    status: Annotated[int, Meta(ge=200, le=599)] = 200
    form: Literal["html", "truncated", "empty", "list", "words"] = "html"


class PageArgs(msgspec.Struct, frozen=True):
    """`status`: the HTTP status to answer. `form`: of the body, a page or nothing."""

    status: Annotated[int, Meta(ge=200, le=599)] = 200
    form: Literal["html", "empty"] = "html"


class DelayArgs(msgspec.Struct, frozen=True):
    """`delay_s`: run-clock seconds."""

    delay_s: Seconds


class CapacityArgs(msgspec.Struct, frozen=True):
    """`per_s`: calls that are done a second, one after the other."""

    per_s: Annotated[float, Meta(gt=0, le=10_000)]


class LateSuccessArgs(DelayArgs, frozen=True):
    """`code`: of the FAILED that comes first; DECLINED is said to be final, and is not."""

    code: Literal["CHANNEL_ERROR", "DECLINED"] = "CHANNEL_ERROR"


class LaterArgs(msgspec.Struct, frozen=True):
    """`delay_s`: run-clock seconds until the end; null means never. `ends`: which end."""

    delay_s: Seconds | None
    ends: Literal["SUCCESS", "FAILED"] = "SUCCESS"


class TimesArgs(msgspec.Struct, frozen=True):
    """`times`: how often the callback is delivered in all; 2 is chosen, not measured."""

    times: Annotated[int, Meta(ge=2, le=100)] = 2


class LateCallbackArgs(msgspec.Struct, frozen=True):
    """`delay_s`: how much later it is delivered; with `status` the callback comes in time, and one
    with that status so much later."""

    delay_s: Seconds
    status: Literal["SUCCESS", "FAILED"] | None = None


class ForgetArgs(msgspec.Struct, frozen=True):
    """`after_s`: age at which a request id is forgotten, run-clock seconds."""

    after_s: Seconds


class DeltaArgs(msgspec.Struct, frozen=True):
    """`delta_minor`: added to the amount that the callback names."""

    delta_minor: int


class QuotaArgs(msgspec.Struct, frozen=True):
    """`quota_minor`: how much may be set aside at present, minor units."""

    quota_minor: Annotated[int, Meta(ge=0, le=10**13)]


class SpoiledArgs(msgspec.Struct, frozen=True):
    """`form`: what becomes of every `every`-th line: it is left out, stands there twice, or has an
    amount that is one minor unit too large. `totals`: `kept` are those of the true file, so that
    who counts sees it; `fitting` are those of the lines that are told."""

    form: Literal["missing", "doubled", "amount"]
    every: Annotated[int, Meta(ge=1, le=1_000)] = 3
    totals: Literal["kept", "fitting"] = "fitting"


class RevokedArgs(msgspec.Struct, frozen=True):
    """`key`: the bearer token that is not taken any more; every other one is."""

    key: Annotated[str, Meta(min_length=1, max_length=200)]


class ScoreArgs(msgspec.Struct, frozen=True):
    """`value`: answered as the score; any JSON, also null; "NaN" for a bare NaN, which is none."""

    value: object


class PointsArgs(msgspec.Struct, frozen=True):
    """`points`: added to the score."""

    points: int


class VersionArgs(msgspec.Struct, frozen=True):
    """`version`: of the model that scores."""

    version: Annotated[str, Meta(min_length=1, max_length=60)] = "m2"


class CellArgs(msgspec.Struct, frozen=True):
    """What is suspended: new business that matches each of these which is given."""

    product: str | None = None
    segment: str | None = None
    region: str | None = None
    partner: str | None = None


class RefusedArgs(msgspec.Struct, frozen=True):
    """`segment`, `region`: whose applications are not scored; each that is given has to match."""

    segment: str | None = None
    region: str | None = None
