"""How the reference service may degrade: operation -> role -> state -> mode.

A cell that is not there is FULL: the operation keeps its level. The state is `one` while some of a
role are broken, `all` while every one is. A cell may name several modes, joined by `or`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chaos.lending import DATABASE, FUNDER, GATEWAY, POLICY, RISK_ENGINE
from harness.target import Degradation

_STALE: Mapping[str, Mapping[str, str]] = {DATABASE: {"all": "STALE"}}

DEGRADATION: Degradation = MappingProxyType(
    {
        "repay": {GATEWAY: {"one": "QUEUE", "all": "QUEUE"}, DATABASE: {"all": "QUEUE"}},
        "repayment": _STALE,
        "read_loan": _STALE,
        "application": _STALE,
        "read_limit": {RISK_ENGINE: {"all": "STALE"}, **_STALE},
        "submit": {
            RISK_ENGINE: {"all": "STANDIN or QUEUE"},
            FUNDER: {"all": "POOL or QUEUE"},
            POLICY: {"all": "SUSPENDED"},
            DATABASE: {"all": "READONLY"},
        },
        "disburse": {
            # What is unknown stays with its gateway, an unclear reservation with its funder.
            GATEWAY: {"one": "QUEUE", "all": "QUEUE"},
            FUNDER: {"one": "QUEUE", "all": "POOL or QUEUE"},
            POLICY: {"all": "SUSPENDED"},
            DATABASE: {"all": "QUEUE"},
        },
    }
)
