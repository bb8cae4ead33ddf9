"""A line that breaks after so many bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from chaos.faults._places import felt
from chaos.faults._toxic import OneToxic
from harness.ports import Proof, Seen


class LimitData(OneToxic):
    """Closes a connection once so many bytes have gone through on one direction.

    Effect: a long answer is cut off in the middle; downstream, the callee did the work.
    Blast radius: the link.
    Args:
        bytes: 0 .. 1000000000; 0 closes at the first byte.
        stream, toxicity: see `OneToxic`.
    Heals by: removing the toxic; what was cut stays cut.
    Source: toxiproxy 2.12.0, toxics/limit_data.go.
    """

    kind: ClassVar[str] = "limit_data"
    toxic: ClassVar[str] = "limit_data"

    bytes: Annotated[int, Field(ge=0, le=1_000_000_000, examples=[100])]

    def attributes(self) -> Mapping[str, int]:
        """As Toxiproxy names them."""
        return {"bytes": self.bytes}

    def proof(self, seen: Seen) -> Proof:
        """A canary was cut off, or calls failed."""
        numbers = felt(seen)
        bit = "no_reply" in seen.canaries or seen.failed > 0
        return Proof(bit, "connections broke in the middle of an answer", numbers)


FAULT = LimitData
