"""Delta debugging: shrinks a failing input while it still fails.

Source: Zeller, Hildebrandt: Simplifying and Isolating Failure-Inducing Input, IEEE TSE 28(2), 2002.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")
S = TypeVar("S")


def ddmin(items: Sequence[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """A part of `items` that fails, and without any one of its items does not.

    Args:
        items: in an order that the result keeps; known to fail as a whole.
        fails: whether a part fails; a deterministic function of it.
    """
    left, parts = list(items), 2
    while len(left) >= 2:
        chunks = _split(left, parts)
        smaller = next((one for one in chunks if fails(one)), None)
        if smaller is not None:
            left, parts = smaller, 2
            continue
        rests = ([x for x in left if x not in chunk] for chunk in chunks) if parts > 2 else ()
        smaller = next((one for one in rests if fails(one)), None)
        if smaller is not None:
            left, parts = smaller, max(parts - 1, 2)
        elif parts < len(left):
            parts = min(parts * 2, len(left))
        else:
            break
    return left


def _split(items: list[T], parts: int) -> list[list[T]]:
    """In order, as even as can be."""
    size, more = divmod(len(items), parts)
    starts = [n * size + min(n, more) for n in range(parts + 1)]
    return [items[a:b] for a, b in pairwise(starts)]


def descend(start: S, steps: Callable[[S], Iterable[S]], fails: Callable[[S], bool]) -> S:
    """Take the first smaller one that still fails, again and again, until none does.

    Args:
        start: known to fail.
        steps: what is a little smaller, the biggest step first; finitely often.
    """
    while True:
        smaller = next((one for one in steps(start) if fails(one)), None)
        if smaller is None:
            return start
        start = smaller
