"""Runs that were stopped early: judged as far as they went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.history import History

Bad = Mapping[str, object]


def as_far_as_it_went(
    found: Sequence[Bad], history: History, *, at_end: bool
) -> tuple[Sequence[Bad], str]:
    """Counterexamples without those that needed the end of a run that was stopped before it.

    Args:
        at_end: whether all of them did; else those that say so.

    Returns:
        what is left, and what is unknown therefore; "" for nothing.
    """
    if not found or not any(event.f == "stopped" for event in history.of("clock")):
        return found, ""
    kept = [] if at_end else [one for one in found if not one.get("at_end")]
    cut = len(found) - len(kept)
    return kept, f"the run was stopped before {cut} could come to an end" if cut else ""
