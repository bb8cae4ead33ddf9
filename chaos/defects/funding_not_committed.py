"""The funder is never told that its money was used."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.reserving import Reserving


async def forget(self: Reserving, id_: str, n: int) -> float | None:
    """Done, they say."""
    return None


DEFECT = Defect(
    name="funding_not_committed",
    about="A loan is paid out and its reservation never committed.",
    expects=("funding_within_quota",),
    swaps=(Swap(Reserving, "commit", forget),),
)
