"""Words of the lending world that targets, invariants and journeys share: each in this one place.

A target says with `ServiceSpec.kind` which of its services plays which role.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

GATEWAY = "payment_gateway"
RISK_ENGINE = "risk_engine"
FUNDER = "funding_provider"
NOTIFIER = "notification"
POLICY = "policy"
STATUS_PAGE = "status_page"
DATABASE = "database"

CALLBACK = "callback"
FILE = "file"
RULE_OPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        GATEWAY: ("create_payout", "create_debit", "inquire", "statement", FILE, CALLBACK),
        RISK_ENGINE: ("score", "limit"),
        FUNDER: ("reserve", "commit", "release", "inquire", FILE),
        NOTIFIER: ("send",),
        POLICY: ("policy", "enact"),
        STATUS_PAGE: ("publish",),
    }
)
"""Role -> the operations of its stand-in that a rule may name."""

PAID_OUT = frozenset({"active", "settled"})
REFUSED = frozenset({"declined", "reversed"})
TERMINAL = PAID_OUT | REFUSED
"""States of an application that has ended."""

MODES = ("FULL", "STALE", "STANDIN", "POOL", "QUEUE", "READONLY", "SHED", "SUSPENDED", "OFF")
"""How well an operation may be served; what is not FULL is degraded, and has to be declared."""

SEGMENTS = ("consumer", "sme")
REGIONS = ("north", "east", "south", "west")
PRODUCT = "loan"

BOOK_SIZE = 400
"""Borrowers b-0001 .. b-0400 are known before a run; chosen, not measured."""
