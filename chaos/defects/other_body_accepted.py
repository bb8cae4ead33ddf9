"""A key is not compared with what was asked under it."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service import intake
from lending_service.domain import KeyRecord
from lending_service.intake import Taken


def first_reply(first: KeyRecord | None, fingerprint: str, key: str) -> Taken:
    """What was answered the first time, whatever is asked now."""
    assert first is not None, key
    return first.status, first.body.encode()


DEFECT = Defect(
    name="other_body_accepted",
    about="A request with another amount under a used key is accepted and not done.",
    expects=("same_key_same_result",),
    swaps=(Swap(intake, "_replay", first_reply),),
)
