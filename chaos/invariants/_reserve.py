"""The lender's own reserve as the ledgers of gateways and funders tell it.

What is paid out while no funder has set money aside for it is the lender's own:

    payout ──> drawn ──> a funder sets the money aside ──> replenished
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chaos.invariants._operator import cut
from chaos.invariants._views import amount, intents, moved
from chaos.lending import FUNDER
from harness.history import Event, History
from harness.model import Objectives, Op

LINGERS_S = 12.0
"""After the last trouble at a funder: a breaker that probes, a payout that waits; chosen."""

HELD = frozenset({"RESERVED", "COMMITTED"})


@dataclass
class Reserve:
    """The reserve as the ledgers of others tell it.

    Args:
        draws: payouts that no funder had set money aside for.
        own: what is drawn now, by application.
        levels: second and sum of what was drawn then.
    """

    draws: list[Event] = field(default_factory=list)
    own: dict[str, Event] = field(default_factory=dict)
    levels: list[tuple[float, int]] = field(default_factory=list)

    def peak_minor(self, t_from_s: float, t_to_s: float) -> int:
        """The most that was drawn at once in that time."""
        before = [level for t_s, level in self.levels if t_s <= t_from_s]
        during = [level for t_s, level in self.levels if t_from_s < t_s <= t_to_s]
        return max(during + before[-1:], default=0)


def replayed(history: History, objectives: Objectives) -> Reserve:
    """Payouts beside what funders held at that instant."""
    reserve = Reserve()
    held: set[str] = set()
    level_minor = 0
    funders = objectives.system.playing(FUNDER)
    paid = [entries[0] for entries in moved(history, "payout", objectives).values()]
    moves = [e for f in ("reserve", "commit", "release") for e in history.ledger(f)]
    entries = [*paid, *(e for e in moves if e.p in funders)]
    for entry in sorted(entries, key=lambda e: (e.t_s, e.f == "payout")):
        app = application_of(entry)
        if entry.f == "payout" and app not in held:
            reserve.draws.append(entry)
            reserve.own[app] = entry
            level_minor += amount(entry)
        elif entry.v.get("status") in HELD:
            held.add(app)
            if app in reserve.own:
                level_minor -= amount(reserve.own.pop(app))
        elif entry.f != "payout":
            held.discard(app)
        reserve.levels.append((entry.t_s, level_minor))
    return reserve


def application_of(entry: Event) -> str:
    return f"app-{entry.k.removeprefix('loan-')}" if entry.f == "payout" else entry.k


def asked(
    history: History, objectives: Objectives, rule: Mapping[str, float]
) -> Iterator[Sequence[Op]]:
    """All tries of each application within the cap of one draw that was made while every funder
    was cut off and nothing else was broken."""
    system, within_s = objectives.system, rule["drawn_within_s"]
    for tries in intents(history, "submit").values():
        t_s = tries[0].t_invoke_s
        broken = [w for w in history.windows if w.overlaps(t_s - LINGERS_S, t_s + within_s)]
        if (
            int(tries[0].request.get("amount_minor") or 0) <= rule["draw_minor_max"]
            and all(system.role_at(w.where) == FUNDER for w in broken)
            and all(
                cut(history, objectives, name, t_s, t_s + within_s)
                for name in system.playing(FUNDER)
            )
        ):
            yield tries
