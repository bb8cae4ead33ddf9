"""A thin line: so many kilobytes a second and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from chaos.faults._toxic import OneToxic, hindered
from harness.ports import Proof, Seen


class Bandwidth(OneToxic):
    """Lets so many kilobytes a second through on one direction of a link.

    Effect: long answers take longer the longer they are; at rate 0 nothing arrives until the undo.
    Blast radius: the link.
    Args:
        rate: KB a second, 0 .. 1000000.
        stream, toxicity: see `OneToxic`.
    Heals by: removing the toxic; what was held up is let through.
    Source: toxiproxy 2.12.0, toxics/bandwidth.go; a rate below 0 ends the server.
    """

    kind: ClassVar[str] = "bandwidth"
    toxic: ClassVar[str] = "bandwidth"

    rate: Annotated[int, Field(ge=0, le=1_000_000, examples=[4])]

    def attributes(self) -> Mapping[str, int]:
        """As Toxiproxy names them."""
        return {"rate": self.rate}

    def proof(self, seen: Seen) -> Proof:
        """A canary was slower or got no reply, or calls failed."""
        return hindered(seen, "answers took as long as the line is thin", self.toxic)


FAULT = Bandwidth
