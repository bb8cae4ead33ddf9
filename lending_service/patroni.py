"""How Patroni decides, where a design leaves failover to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class PatroniRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How Patroni decides: commits wait for a standby (`on`; while there is none only if `strict`);
    one that lacks more than `maximum_lag_on_failover` bytes is not promoted; a leader that has not
    renewed its key for `ttl_s` is none."""

    synchronous_mode: Literal["off", "on", "strict"]
    maximum_lag_on_failover: Annotated[int, Meta(ge=0, le=10**12)] = 1_048_576
    ttl_s: Annotated[int, Meta(ge=20, le=3600)] = 20


def undecided(patroni: object) -> list[str]:
    """What a Patroni has to be told: how far a standby may be behind that commits do not wait for
    is how much may be lost."""
    if not isinstance(patroni, Mapping):
        return ["patroni: got null, need synchronous_mode because failover is patroni"]
    if patroni["synchronous_mode"] == "off" and "maximum_lag_on_failover" not in patroni:
        return ["patroni.maximum_lag_on_failover: missing, need bytes because commits do not wait"]
    return []
