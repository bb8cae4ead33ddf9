"""A break is as old as the last look at it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from harness.self_test.defects import Defect, Swap
from lending_service import reconciliation
from lending_service.reconciling import Break


def young(before: Iterable[Break], found: Iterable[Break], now_s: float) -> tuple[Break, ...]:
    """Seen now, so it is from now."""
    return tuple(replace(one, since_s=now_s) for one in found)


DEFECT = Defect(
    name="break_never_ages",
    about="Books that disagree for months look as if they did so since this morning.",
    expects=("breaks_are_found",),
    swaps=(Swap(reconciliation, "aged", young),),
    first="x39_books_differ",
)
