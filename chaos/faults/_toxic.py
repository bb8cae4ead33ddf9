"""Faults of links that are one toxic of Toxiproxy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chaos.faults._places import OnLink, Stream, felt
from harness.ports import Capability, LinkControl, Proof, Seen, Toxic
from harness.units import Share

SLOWER_S = 0.01  # chosen: above what a canary on loopback varies by


class OneToxic(OnLink):
    """A toxic on one direction of a link.

    Args:
        stream: downstream (replies) or upstream (requests).
        toxicity: share of connections that it hits, above 0, at most 1. It is drawn once a
            connection: those that are open at the injection are cut, so that pools draw anew.
    """

    toxic: ClassVar[str]
    """Its name in Toxiproxy; `kind` is what documents call the fault."""

    kind: ClassVar[str]
    capability: ClassVar[Capability] = Capability.LINKS

    stream: Stream = "downstream"
    toxicity: Share = 1.0

    def model_post_init(self, _: object) -> None:
        """Refuse what would hit nobody, or cannot be."""
        if self.toxicity <= 0:
            raise ValueError("toxicity=0; allowed: above 0, at most 1")
        self.check()

    def check(self) -> None:
        """Refuse values that make no sense together."""

    def attributes(self) -> Mapping[str, int]:
        """As Toxiproxy names them."""
        raise NotImplementedError

    async def inject(self, control: LinkControl) -> None:
        """Add the toxic."""
        toxic = Toxic(self.toxic, self.stream, self.attributes(), self.toxicity)
        await control.add_toxic(self.link, toxic)


def hindered(seen: Seen, claim: str) -> Proof:
    """Proof of a toxic that makes a link slow or unusable: a canary was slower or got no reply, or
    calls failed."""
    numbers = felt(seen)
    bit = (
        seen.usually_slower_s >= SLOWER_S or seen.canaries != {"ok"} or numbers["calls_failed"] > 0
    )
    return Proof(bit, claim, numbers)
