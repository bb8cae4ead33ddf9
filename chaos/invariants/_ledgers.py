"""Which ledgers were not read, and who moved money without the role for it."""

from __future__ import annotations

from collections.abc import Iterable

from chaos.lending import FUNDER, GATEWAY
from harness.history import Event, History
from harness.system import System

MOVED_BY = {
    "payout": GATEWAY,
    "debit": GATEWAY,
    "reserve": FUNDER,
    "commit": FUNDER,
    "release": FUNDER,
}
"""Kind of ledger entry -> the role of those who may move that money."""


def unread(history: History, names: Iterable[str]) -> str:
    """Which of these ledgers were not collected or are not whole; "" when there is none."""
    broken = history.ledgers_broken
    absent = [name for name in names if name not in history.ledgers_read and name not in broken]
    told = [f"ledger of {name} {broken[name]}" for name in names if name in broken]
    return "; ".join(([f"ledger not read: {', '.join(absent)}"] if absent else []) + told)


def unlisted(history: History, system: System) -> str:
    """Who moved money without the role for it, as a reason; "" when nobody did.

    Money that no role accounts for can be money that was paid twice.
    """
    strangers = {entry.p: entry for entry in history.of("ledger") if _by_a_stranger(entry, system)}
    told = [f"{entry.f} by {name}" for name, entry in sorted(strangers.items())]
    return f"money was moved outside of the target's roles: {', '.join(told)}" if told else ""


def _by_a_stranger(entry: Event, system: System) -> bool:
    role = system.role_of.get(entry.p)
    wanted = MOVED_BY.get(entry.f)
    if wanted is None:
        return role is None and "amount_minor" in entry.v
    return role != wanted
