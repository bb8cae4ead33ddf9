"""How the world around a service differs from one day to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.json_types import JsonObject


@dataclass(frozen=True)
class Setting:
    """How the world around the service is, all the time, while a factor has one of its values.

    Args:
        rules: scripted service -> rules of its behaviour document.
        late_s: link -> how much later than sent a request over it arrives, s.
        down_s: link -> how long it is down at first, s: the one thing that comes to an end.
        lag_s: database -> how far its standby is behind, s.
        times: how often each journey begins.
        apart_s: from one beginning to the next, s.
    """

    rules: Mapping[str, tuple[JsonObject, ...]] = field(default_factory=dict)
    late_s: Mapping[str, float] = field(default_factory=dict)
    down_s: Mapping[str, float] = field(default_factory=dict)
    lag_s: Mapping[str, float] = field(default_factory=dict)
    times: int = 1
    apart_s: float = 0.0


Factors = Mapping[str, Mapping[str, Setting]]
"""Factor -> value -> what it means; the first value of each is the normal one."""
