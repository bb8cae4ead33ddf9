"""After a restart the leases of the dead still hold."""

from __future__ import annotations

from collections.abc import Sequence

from harness.self_test.defects import Defect, Swap
from lending_service.simulated.remote_store import RemoteStore


async def keep(self: RemoteStore, kind: str = "", but: Sequence[int] = ()) -> None:
    """Whoever has them will end them."""


DEFECT = Defect(
    name="leases_outlive_a_crash",
    about="Work that was under way at a crash waits for a minute after the restart.",
    expects=("every_application_answered", "repayments_end"),
    swaps=(Swap(RemoteStore, "release_leases", keep),),
    first="explore",
)
