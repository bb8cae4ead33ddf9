"""A chopped line: data arrives in small pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from chaos.faults._toxic import OneToxic, hindered
from harness.ports import Proof, Seen
from harness.units import Duration


class Slicer(OneToxic):
    """Cuts what is sent on one direction of a link into pieces, with a pause after each.

    Effect: an answer arrives bit by bit; who takes the first piece for the whole is wrong.
    Blast radius: the link.
    Args:
        average_size: bytes of a piece, 1 .. 1000000.
        size_variation: by how much a piece may be smaller or larger, less than `average_size`.
        delay: pause after a piece, 0 .. 10s. Without one nobody feels it who puts pieces together,
            and the run is inconclusive.
        stream, toxicity: see `OneToxic`.
    Heals by: removing the toxic.
    Source: toxiproxy 2.12.0, toxics/slicer.go; an average size of 0 ends the server.
    """

    kind: ClassVar[str] = "slicer"
    toxic: ClassVar[str] = "slicer"

    average_size: Annotated[int, Field(ge=1, le=1_000_000, examples=[64])]
    size_variation: Annotated[int, Field(ge=0)] = 0
    delay: Duration = 0.01

    def check(self) -> None:
        """Refuse pieces of no size and pauses that outlast every caller."""
        if self.size_variation >= self.average_size:
            raise ValueError(
                f"size_variation={self.size_variation}; "
                f"allowed: less than average_size={self.average_size}"
            )
        if self.delay > 10:
            raise ValueError(f"delay={self.delay:g}s; allowed: 0s..10s")

    def attributes(self) -> Mapping[str, int]:
        """As Toxiproxy names them."""
        return {
            "average_size": self.average_size,
            "size_variation": self.size_variation,
            "delay": round(self.delay * 1_000_000),
        }

    def proof(self, seen: Seen) -> Proof:
        """A canary was slower or got no reply, or calls failed."""
        return hindered(seen, "answers came in pieces", self.toxic)


FAULT = Slicer
