"""What a run counts while it goes on: for `abort-when`, for alerts, for proofs at the entry."""

from __future__ import annotations

from collections.abc import Mapping

from harness.history import Event
from harness.model import Outcome
from harness.target import FAILED_OPERATIONS


def counts_as(event: Event, failures: Mapping[str, str]) -> list[str]:
    """The counters that an event of the load adds to.

    Args:
        failures: operation -> the counter of its failures.
    """
    if event.type == "invoke":
        return ["invoked"]
    if event.type == Outcome.OK:
        return ["operations"]
    named = [failures[event.f]] if event.f in failures else []
    unanswered = [] if event.v.get("http_status") else ["unanswered"]
    return ["operations", FAILED_OPERATIONS, *named, *unanswered]
