"""Groups results: sets of faults at the same calls that break the same invariant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from harness.explore.plans import Minimal


@dataclass
class Group:
    """Minimal sets that differ only in how the calls go wrong, or in which of the retries does.

    Args:
        sets: the first one stands for all.
    """

    sets: list[Minimal]

    @property
    def first(self) -> Minimal:
        """The one that is shown and made into an experiment."""
        return self.sets[0]

    @property
    def invariants(self) -> tuple[str, ...]:
        """What breaks, what costs money first."""
        return tuple(dict.fromkeys(one.invariant for one in self.first.broken))

    def modes(self, number: int) -> list[str]:
        """How the call of fault `number` can go wrong, in all of the sets."""
        return list(dict.fromkeys(one.plan[number].mode for one in self.sets))


def grouped(minimal: Iterable[Minimal], ids: Mapping[str, tuple[str, ...]]) -> list[Group]:
    """Small sets first; of one size, those that cost money, then those that break most.

    Args:
        ids: of each invariant in the catalogue; those of money begin with M.
    """

    def dear(name: str) -> bool:
        return any(one.startswith("M") for one in ids.get(name, ()))

    groups: dict[tuple[object, ...], Group] = {}
    for found in minimal:
        one = replace(found, broken=tuple(sorted(found.broken, key=lambda b: not dear(b[0]))))
        calls = tuple(
            (fault.point, fault.mode) if fault.is_setting else (fault.edge, operation)
            for fault, operation in zip(one.plan, one.operations, strict=True)
        )
        key = (calls, frozenset(broken.invariant for broken in one.broken))
        groups.setdefault(key, Group([])).sets.append(one)

    def rank(group: Group) -> tuple[int, int, int]:
        names = group.invariants
        return len(group.first.plan), -sum(map(dear, names)), -len(names)

    return sorted(groups.values(), key=rank)
