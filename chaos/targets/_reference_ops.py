"""What a call to a third party is named in the behaviour documents of its stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

STAND_IN_OPS: Mapping[str, str] = MappingProxyType(
    {
        "POST /v1/payouts": "create_payout",
        "POST /v1/debits": "create_debit",
        "GET /v1/requests/*": "inquire",
        "POST /v1/scores": "score",
        "GET /v1/limits/*": "limit",
        "POST /v1/reservations": "reserve",
        "POST /v1/reservations/*/commit": "commit",
        "POST /v1/reservations/*/release": "release",
        "GET /v1/reservations/*": "inquire",
        "POST /v1/messages": "send",
        "GET /v1/policy": "policy",
        "POST /v1/publications": "publish",
        "GET /v1/files/*": "file",
    }
)
