"""A file is believed although it does not come to its own totals."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.reconciling import File


def always(self: File, period: int) -> bool:
    """What is there is all there is."""
    return True


DEFECT = Defect(
    name="short_file_believed",
    about="Payments that a short file lacks are taken for missing ones; nobody sees that it is "
    "short.",
    expects=("breaks_are_found",),
    swaps=(Swap(File, "is_whole", always),),
    first="x19_file_not_whole",
)
