"""The ledger of a stand-in: what really happened."""

from __future__ import annotations

from typing import Any

from mock_services.clock import Clock

Entry = dict[str, Any]


class Ledger:
    """Append-only entries, numbered and stamped on the run clock."""

    def __init__(self, clock: Clock) -> None:
        """Start empty."""
        self._clock = clock
        self._entries: list[Entry] = []

    def append(
        self, f: str, k: str, request_id: str, amount_minor: int, status: str, **more: Any
    ) -> Entry:
        """Write one entry; it is true from this moment on.

        Args:
            f: what was done (`payout`, `reserve`, ...).
            k: the business key (loan, repayment or application id).
            amount_minor: minor units.
            status: the state reached.
            more: further fields of this kind of entry.

        Returns:
            the entry.
        """
        entry = {
            "i": len(self._entries),
            "t_s": self._clock.now_s(),
            "f": f,
            "k": k,
            "request_id": request_id,
            "amount_minor": amount_minor,
            "status": status,
            **more,
        }
        self._entries.append(entry)
        return entry

    def entries(self) -> tuple[Entry, ...]:
        """Every entry so far, oldest first."""
        return tuple(self._entries)
