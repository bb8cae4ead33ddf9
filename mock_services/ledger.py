"""The ledger of a stand-in: what really happened, and what it answered, over all of its lives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mock_services.clock import Clock
from mock_services.journal import Journal

Entry = dict[str, Any]


class Ledger:
    """Append-only entries, numbered and stamped on the run clock.

    Args:
        journal: holds them, with what a stand-in needs to go on where it was.
    """

    def __init__(self, clock: Clock, journal: Journal) -> None:
        """Take up what earlier lives have left, and begin another."""
        self._clock = clock
        self._journal = journal
        past = journal.records()
        self._entries: list[Entry] = [one["entry"] for one in past if "entry" in one]
        self._states = [one["state"] for one in past if "state" in one]
        self._calls: list[Entry] = [one["called"] for one in past if "called" in one]
        self.epochs_s: list[float] = [one["epoch_s"] for one in past if "epoch_s" in one]
        self.torn = journal.torn
        self.epochs_s.append(clock.now_s())
        journal.append({"epoch_s": self.epochs_s[-1]})

    def append(
        self,
        f: str,
        k: str,
        request_id: str,
        amount_minor: int,
        status: str,
        *,
        state: dict[str, Any] | None = None,
        **more: object,
    ) -> Entry:
        """Write one entry; it is true from this instant on.

        Args:
            f: what was done (`payout`, `reserve`, ...).
            k: the business key (loan, repayment or application id).
            amount_minor: minor units.
            status: the state reached.
            state: written with it, for `past` of the next life.
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
        self._journal.append(
            {"entry": entry} if state is None else {"entry": entry, "state": state}
        )
        self._entries.append(entry)
        return entry

    def called(self, f: str, k: str, since_s: float, **more: object) -> None:
        """Keep that a call has ended now; it is no part of what was done.

        Args:
            f: the operation.
            k: the business key.
            since_s: when it began, run clock.
        """
        now_s = self._clock.now_s()
        call = {"t_s": now_s, "f": f, "k": k, "took_s": round(now_s - since_s, 6), **more}
        self._journal.append({"called": call})
        self._calls.append(call)

    def note(self, state: dict[str, Any]) -> None:
        """Keep something for `past` of the next life that is no entry."""
        self._journal.append({"state": state})

    def past(self, name: str) -> Iterator[Any]:
        """What earlier lives have kept under a name, oldest first."""
        return (state[name] for state in self._states if name in state)

    def calls(self) -> tuple[Entry, ...]:
        """Every call that was kept so far, oldest first."""
        return tuple(self._calls)

    def entries(self) -> tuple[Entry, ...]:
        """Every entry so far, oldest first."""
        return tuple(self._entries)
