"""Times that the service tells are on its own clock, which began before the run clock."""

from __future__ import annotations

from harness.history import History

CLOCKS_S = 0.25
"""How far clocks of two programs may be apart; chosen, not measured."""


def offset_s(history: History) -> float | None:
    """How far the services' clock is ahead of the run clock, s; None while no ledger tells.

    A ledger's entry bears both times.
    """
    for event in history.of("ledger"):
        if "t_s" in event.v:
            return round(float(event.v["t_s"]) - event.t_s, 6)
    return None
