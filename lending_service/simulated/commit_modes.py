"""How long a commit waits for a standby, by PostgreSQL's `synchronous_commit`."""

from __future__ import annotations

RECEIVED = frozenset({"remote_write", "on"})
"""Modes in which a commit waits until the standby has it."""

APPLIED = "remote_apply"
"""The mode in which it waits until the standby shows it; `off` and `local` wait for no standby."""


def wait_lag_s(mode: str, receive_lag_s: float, apply_lag_s: float) -> float:
    """How long after its write a commit may end."""
    if mode == APPLIED:
        return receive_lag_s + apply_lag_s
    return receive_lag_s if mode in RECEIVED else 0.0
