"""Where faults act: on a link, or on a service."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from harness.model import BlastRadius
from harness.ports import Observation, Seen

Stream = Literal["upstream", "downstream"]


class OnLink(BaseModel):
    """A fault of one link.

    Args:
        link: name of the link, `lending->payment_a`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    link: str

    @property
    def where(self) -> str:
        """The link."""
        return self.link

    @property
    def blast(self) -> BlastRadius:
        """This link alone."""
        return BlastRadius(links=frozenset({self.link}))


class OnService(BaseModel):
    """A fault of one service.

    Args:
        service: name of the service.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str

    @property
    def where(self) -> str:
        """The service."""
        return self.service

    @property
    def blast(self) -> BlastRadius:
        """This service alone."""
        return BlastRadius(services=frozenset({self.service}))


def canaries(*seen: Observation) -> dict[str, str]:
    """What the canaries got: before, during, after."""
    return dict(zip(("before", "during", "after"), (one.canary for one in seen), strict=True))


def felt(seen: Seen) -> dict[str, Any]:
    """What was felt of a fault: the worst that a canary got, by how much it was slower, what calls
    came to. Counts are 0 where nobody keeps them."""
    worst = min(seen.active, key=lambda one: (one.canary == "ok", -one.latency_s))
    return {
        "calls_attempted": seen.during("attempted"),
        "calls_failed": seen.during("failed"),
        "calls_reached": seen.during("reached"),
        "canary_slower_s": round(seen.slower_s, 3),
        "canary": canaries(seen.before, worst, seen.after),
    }
