"""How the world around the reference service differs from one day to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from harness.target import Factors, Setting

GATEWAYS = ("payment_a", "payment_b")
NORMAL = Setting()

# The figures of this block are chosen, not measured.
PENDING_S = 1.5  # until a payment is settled: some inquiries see it under way
AWAY_S = 0.3  # longer than all tries at one gateway take, shorter than until the next work on it
SLOW_S = 0.6  # in time for every time-out
CALLBACK_LATE_S = 4.0  # the gateway has given up waiting by then, and sends it again
LAG_S = 0.3
BORROWERS, APART_S = 3, 0.4


def _rule(op: str, effect: str, **more: Any) -> Mapping[str, Any]:
    return {"op": op, "effect": effect, **more}


def _at(services: Iterable[str], *rules: Mapping[str, Any]) -> Setting:
    return Setting(rules=dict.fromkeys(services, rules))


def _money(op: str) -> Mapping[str, Setting]:
    pending = _rule(op, "processing", args={"delay_s": PENDING_S})
    return {
        "normal": NORMAL,
        "declined": _at(["payment_a"], _rule(op, "decline")),
        "pending": _at(GATEWAYS, pending),
    }


FACTORS: Factors = MappingProxyType(
    {
        "payout": _money("create_payout"),
        "debit": _money("create_debit"),
        "gateway": {
            "normal": NORMAL,
            "away-first": Setting(down_s={"lending->payment_a": AWAY_S}),
        },
        "inquiry": {
            "normal": NORMAL,
            "unknown-first": _at(GATEWAYS, _rule("inquire", "not_found", last=1, per_key=True)),
        },
        "callbacks": {
            "normal": NORMAL,
            "twice": _at(GATEWAYS, _rule("callback", "duplicate_callback")),
            "lost": _at(GATEWAYS, _rule("callback", "callback_lost")),
            "late": Setting(late_s={f"{one}->lending": CALLBACK_LATE_S for one in GATEWAYS}),
        },
        "risk": {
            "normal": NORMAL,
            "slow": _at(["risk"], _rule("*", "slow", args={"delay_s": SLOW_S})),
            "thin": _at(["risk"], _rule("score", "score", args={"value": None})),
        },
        "funder": {
            "normal": NORMAL,
            "short": _at(["funding_a"], _rule("reserve", "quota_gone")),
        },
        "standby": {"in-step": NORMAL, "behind": Setting(lag_s={"database": LAG_S})},
        "borrowers": {"one": NORMAL, "three": Setting(times=BORROWERS)},
        "arrivals": {"together": NORMAL, "apart": Setting(apart_s=APART_S)},
    }
)
"""The first value of each is the normal one."""
