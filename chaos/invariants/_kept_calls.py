"""Calls that a stand-in kept, as the tries of requests that led to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.history import Event, History
from harness.model import Op

SOON_S = 0.005
"""Clocks and messages: a pause looks so much shorter than it was; chosen."""

UNDER_WAY_S = 0.3
"""Calls that were sent before an answer came, come so long after it; chosen."""

WHOLE_S = 1.0
"""`Retry-After` counts whole seconds."""

TRANSIENT = (0, 408, 425, 429)
"""Statuses by which a call failed besides 5xx; 0: no reply. Source: RFC 9110, 8470, 6585."""


@dataclass(frozen=True)
class Retries:
    """How the target declares to try again: `retries` and `breaker` of its contract."""

    base_s: float
    jitter: float
    tries_max: int
    saved: int
    failures: int
    timeout_s: float
    rest_s: float

    def pause_s(self, n: int, sign: int) -> float:
        """The shortest (-1) or longest (1) pause after the n-th try."""
        return float(self.base_s * 2.0 ** (n - 1) * (1 + sign * self.jitter))


def began_s(call: Event) -> float:
    """When it came, run clock."""
    return float(call.t_s - call.v["took_s"])


def has_failed(call: Event) -> bool:
    """Whether who called has no word of the contract, and may try again."""
    status = call.v["status"]
    return status in TRANSIENT or status >= 500


def chains_of(calls: Sequence[Event], history: History) -> Iterator[list[Event]]:
    """Calls for one request of a borrower: limits, of borrowers who asked for them just once."""
    asked: defaultdict[str, list[Op]] = defaultdict(list)
    for op in history.ops("read_limit"):
        asked[op.k].append(op)
    by_key: defaultdict[str, list[Event]] = defaultdict(list)
    for call in calls:
        if call.f == "limit":
            by_key[call.k].append(call)
    for key, own in by_key.items():
        for op in asked[key]:
            others = [one for one in asked[key] if one is not op and _meets(one, op)]
            meant = [one for one in own if op.t_invoke_s <= began_s(one) <= op.last_s + SOON_S]
            if meant and not others:
                yield meant


def _meets(one: Op, other: Op) -> bool:
    return one.t_invoke_s <= other.last_s + 1.0 and other.t_invoke_s <= one.last_s + 1.0
