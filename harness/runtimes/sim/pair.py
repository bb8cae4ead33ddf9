"""A primary and its standby as the simulation knows them: a model that belongs to the target."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol, TypeGuard


class Pair(Protocol):
    """A primary and its standby.

    Args:
        lag_s: how much later than written the standby receives a change; 0 is in step.
        apply_lag_s: how much later than received the standby shows it.
        timeline: rises with every promotion.
        split: whether there are two primaries.
        demoted: whether the old primary lives on and takes no writes.
        delayed: changes so far that the standby did not get at once.
        lost: changes so far that went with a primary.
        refused: writes so far that a primary refused because it takes none.
    """

    lag_s: float
    apply_lag_s: float
    timeline: int
    split: bool
    demoted: bool
    delayed: int
    lost: int
    refused: int

    def part(self) -> None:
        """Two primaries from now on; callers stay with the old one."""

    def promote(self) -> int:
        """The old primary is gone, with what it did not hand on; how many changes that were."""

    def recover(self) -> None:
        """The primary was killed; whatever its log has is visible when it is back."""

    def demote(self) -> None:
        """The standby takes over in good order, the old primary becomes read-only."""


def is_pair(one: object) -> TypeGuard[Pair]:
    """Whether something that a service keeps on its disk is a primary with a standby."""
    kind: type = type(one)
    return _makes_pairs(kind)


@lru_cache(maxsize=64)
def _makes_pairs(kind: type) -> bool:
    """By its methods, once a type: a look at a Protocol takes longer than a call of the service."""
    return all(hasattr(kind, name) for name in ("part", "promote", "recover", "demote"))
