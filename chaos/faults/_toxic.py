"""Faults of links that are one toxic of Toxiproxy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from chaos.faults._places import OnLink, Stream, felt
from harness.ports import Capability, LinkControl, Proof, Seen, Toxic
from harness.units import Share

SLOWER_S = 0.01  # chosen: above what a canary on loopback varies by
SLOWING = frozenset({"latency", "bandwidth", "slicer"})
"""Toxics that hold up whatever goes over a link; a slow close is felt by few."""


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


def hindered(seen: Seen, claim: str, toxic: str) -> Proof:
    """Proof of a toxic that makes a link slow or unusable: a canary was slower or got no reply, or
    calls failed. Where others were there all the time, it has to be slower than they make it."""
    if seen.apart == []:
        bit = seen.usually_slower_s >= _made_slower_s(seen, toxic) + SLOWER_S
    else:
        lost = bool(seen.canaries - {"ok", seen.before.canary})
        bit = seen.usually_slower_s >= SLOWER_S or lost or seen.failed > 0
    return Proof(bit, claim, felt(seen))


def _made_slower_s(seen: Seen, toxic: str) -> float:
    """By how much the latency of others makes a link slower, at most; infinite where they may do
    what this one does. What is beyond it is of all that hold up every message."""
    known = SLOWING if toxic in SLOWING else frozenset({"latency"})
    most_s = 0.0
    for look in seen.active:
        toxics = look.state.get("toxics", ())
        types = [one["type"] for one in toxics]
        if toxic in types:
            types.remove(toxic)
        if not look.state.get("enabled") or not known.issuperset(types):
            return math.inf
        late = [one["attributes"] for one in toxics if one["type"] == "latency"]
        waits = (one.get(name, 0) for one in late for name in ("latency", "jitter"))
        most_s = max(most_s, sum(waits) / 1000)
    return most_s
