"""The system under test as checkers see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


def nothing(history: object) -> Sequence[object]:
    """What a target says that does not tell."""
    return ()


@dataclass(frozen=True)
class System:
    """Who plays which role, and what is declared.

    Args:
        entry: link by which the load enters.
        service: the service under test, behind `entry`.
        roles: role -> names of those who play it, in the target's order.
        ledgers: services whose ledger is read at the end of a run.
        degradation: operation -> role -> state -> declared mode. The state is `one` while some of
            that role are broken and `all` while every one is; a cell that is not there is FULL.
        final_reads: history -> what is to be read at the end, given what was promised in it.
        part_of: service -> the database that it is a part of, as a standby, or what decides who
            leads: what happens to it happens to the database.
        unasked: history -> entries of ledgers that no operation asked for: somebody else's.
    """

    entry: str = ""
    service: str = ""
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ledgers: tuple[str, ...] = ()
    degradation: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    part_of: Mapping[str, str] = field(default_factory=dict)
    final_reads: Callable[[Any], Sequence[object]] = nothing
    unasked: Callable[[Any], Iterable[Any]] = nothing

    def playing(self, role: str) -> tuple[str, ...]:
        """Who plays a role; () when nobody does."""
        return self.roles.get(role, ())

    @cached_property
    def role_of(self) -> Mapping[str, str]:
        """Service -> its role."""
        return {name: role for role, names in self.roles.items() for name in names}

    def third_party(self, where: str) -> str:
        """Who stands at a place, `lending->payment_a` -> `payment_a`.

        Returns:
            "" for the service under test, its entry, and for what the target does not list; of a
            part of a database the database.
        """
        for found in reversed(where.split("->")):
            end = self.part_of.get(found, found)
            if end != self.service and end in self.role_of:
                return end
        return ""

    def role_at(self, where: str) -> str:
        """The role of whoever stands at a place; "" when it is no third party."""
        return self.role_of.get(self.third_party(where), "")
