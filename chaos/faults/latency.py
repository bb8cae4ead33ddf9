"""Replies or requests arrive late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chaos.faults._places import felt
from chaos.faults._toxic import OneToxic
from harness.ports import Proof, Seen
from harness.units import Duration


class Latency(OneToxic):
    """Delays each chunk of data on one direction of a link.

    Effect: every answer takes at least `delay` longer (plus or minus `jitter`).
    Blast radius: the link.
    Args:
        delay: 1ms .. 10m.
        jitter: at most `delay`; a larger one would skew the mean.
        stream, toxicity: see `OneToxic`.
    Heals by: removing the toxic; what is in flight is let through at once.
    Source: toxiproxy 2.12.0, toxics/latency.go.
    """

    kind: ClassVar[str] = "latency"
    toxic: ClassVar[str] = "latency"

    delay: Duration
    jitter: Duration = 0.0

    def check(self) -> None:
        """Refuse what Toxiproxy would accept and not do."""
        if not 0.001 <= self.delay <= 600 or self.jitter > self.delay:
            raise ValueError(
                f"delay={self.delay:g}s, jitter={self.jitter:g}s; "
                "allowed: delay 1ms..10m, jitter 0..delay"
            )

    def attributes(self) -> Mapping[str, int]:
        """As Toxiproxy names them."""
        return {"latency": round(self.delay * 1000), "jitter": round(self.jitter * 1000)}

    def proof(self, seen: Seen) -> Proof:
        """A canary took at least half of the shortest delay longer, and an eighth of `delay`: one
        that jitter may take all from is seldom shorter."""
        bit = seen.slower_s >= min(max(self.delay - self.jitter, self.delay / 4) / 2, 1.0)
        return Proof(bit, "answers were late", felt(seen))


FAULT = Latency
