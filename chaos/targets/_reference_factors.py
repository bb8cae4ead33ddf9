"""How the world around the reference service differs from one day to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from harness.target import Factors, Setting

NORMAL = Setting()

# The figures of this block are chosen, not measured.
PENDING_S = 1.5  # until a payment is settled: some inquiries see it under way
AWAY_S = 0.3  # longer than all tries at one gateway take, shorter than until the next work on it
SLOW_S = 0.6  # in time for every time-out
CALLBACK_LATE_S = 4.0  # the gateway has given up waiting by then, and sends it again
LAG_S = 0.3
BORROWERS, APART_S = 3, 0.4


def _rule(op: str, effect: str, **more: object) -> Mapping[str, object]:
    return {"op": op, "effect": effect, **more}


def _at(services: Iterable[str], *rules: Mapping[str, object]) -> Setting:
    return Setting(rules=dict.fromkeys(services, rules))


def _money(op: str, gateways: Sequence[str]) -> Mapping[str, Setting]:
    pending = _rule(op, "processing", args={"delay_s": PENDING_S})
    return {
        "normal": NORMAL,
        "declined": _at(gateways[:1], _rule(op, "decline")),
        "pending": _at(gateways, pending),
    }


def factors(gateways: Sequence[str], engines: Sequence[str], funders: Sequence[str]) -> Factors:
    """Factor -> value -> setting; the first value of each is the normal one.

    Args:
        gateways, engines, funders: names, the preferred one first.
    """
    found: dict[str, Mapping[str, Setting]] = {
        "payout": _money("create_payout", gateways),
        "debit": _money("create_debit", gateways),
        "gateway": {
            "normal": NORMAL,
            "away-first": Setting(down_s={f"lending->{gateways[0]}": AWAY_S}),
        },
        "inquiry": {
            "normal": NORMAL,
            "unknown-first": _at(gateways, _rule("inquire", "not_found", last=1, per_key=True)),
        },
        "callbacks": {
            "normal": NORMAL,
            "twice": _at(gateways, _rule("callback", "duplicate_callback")),
            "lost": _at(gateways, _rule("callback", "callback_lost")),
            "forged": _at(gateways, _rule("*", "forged_callback")),
            "late": Setting(late_s={f"{one}->lending": CALLBACK_LATE_S for one in gateways}),
        },
        "risk": {
            "normal": NORMAL,
            "slow": _at(engines, _rule("*", "slow", args={"delay_s": SLOW_S})),
            "thin": _at(engines, _rule("score", "score", args={"value": None})),
        },
        "funder": {
            "normal": NORMAL,
            "short": _at(funders[:1], _rule("reserve", "quota_gone")),
        },
        "standby": {"in-step": NORMAL, "behind": Setting(lag_s={"database": LAG_S})},
        "borrowers": {"one": NORMAL, "three": Setting(times=BORROWERS)},
        "arrivals": {"together": NORMAL, "apart": Setting(apart_s=APART_S)},
    }
    return MappingProxyType(found)
