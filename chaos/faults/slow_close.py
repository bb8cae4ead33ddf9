"""A line that closes late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chaos.faults._toxic import OneToxic, hindered
from harness.ports import Proof, Seen
from harness.units import Duration


class SlowClose(OneToxic):
    """Holds the close of a connection back on one direction of a link.

    Effect: who learns of an end by the close of the connection learns of it late, and pools keep
    connections that are dead. An answer whose length is known arrives as ever: there is nothing to
    feel then, and the run is inconclusive.
    Blast radius: the link.
    Args:
        delay: 1ms .. 1m.
        stream, toxicity: see `OneToxic`.
    Heals by: removing the toxic; closes held back go through.
    Source: toxiproxy 2.12.0, toxics/slow_close.go.
    """

    kind: ClassVar[str] = "slow_close"
    toxic: ClassVar[str] = "slow_close"

    delay: Duration

    def check(self) -> None:
        """Refuse a delay that is none."""
        if not 0.001 <= self.delay <= 60:
            raise ValueError(f"delay={self.delay:g}s; allowed: 1ms..1m")

    def attributes(self) -> Mapping[str, int]:
        """As Toxiproxy names them."""
        return {"delay": round(self.delay * 1000)}

    def proof(self, seen: Seen) -> Proof:
        """A canary was slower or got no reply, or calls failed."""
        return hindered(seen, "connections closed late", self.toxic)


FAULT = SlowClose
