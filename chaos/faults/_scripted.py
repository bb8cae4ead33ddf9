"""Faults of meaning: a stand-in is told to do some calls wrongly, and counts those that it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, get_args

from pydantic import Field, model_validator

from chaos.faults._places import OnService, canaries
from chaos.lending import CALLBACK
from harness.ports import Capability, Proof, Seen, UpstreamScript
from harness.units import Share


class Scripted(OnService):
    """A rule of the behaviour document of a stand-in.

    Args:
        op: operation of the stand-in (`create_payout`), `*` for all that the effect fits.
        share: share of calls, above 0 and up to 1.
        first: first call (counted from the injection) that is hit.
        last: last one; none for all that follow.
    """

    kind: ClassVar[str]
    effect: ClassVar[str]
    role: ClassVar[str] = ""
    """Of the stand-ins that can do this; "" for all of them."""

    capability: ClassVar[Capability] = Capability.UPSTREAMS

    op: str = "*"
    share: Share = 1.0
    first: int = Field(default=1, ge=1)
    last: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def shows(self) -> Self:
        """Refuse a rule that no call can show."""
        if self.last is not None and self.last < self.first:
            raise ValueError(f"last={self.last}; allowed: first={self.first} or more")
        if self.share == 0:
            raise ValueError("share=0: no call would show it; allowed: above 0, up to 1")
        return self

    @classmethod
    def fits(cls, ops: Sequence[str]) -> list[str]:
        """Those operations of a stand-in whose calls can show it: what `op` may be, or all that
        somebody asks for."""
        named = get_args(cls.model_fields["op"].annotation)
        return [one for one in ops if (one in named if named else one != CALLBACK)]

    @property
    def args(self) -> Mapping[str, object]:
        """Arguments of the effect, as the stand-in names them."""
        return {}

    async def inject(self, control: UpstreamScript) -> None:
        """Set the rule."""
        rule = {
            "id": self.kind,
            "effect": self.effect,
            "op": self.op,
            "share": self.share,
            "first": self.first,
            "last": self.last,
            "args": dict(self.args),
        }
        await control.script(self.service, [rule])

    def proof(self, seen: Seen) -> Proof:
        """The rule was hit by real calls."""
        numbers: dict[str, Any] = {
            "hits": seen.during("hits"),
            "canary": canaries(seen.before, seen.early, seen.after),
        }
        return Proof(numbers["hits"] > 0, f"calls showed {self.kind}", numbers)


class OfACell(Scripted):
    """A rule about some of the business: a segment, a region, ... at least one of them."""

    cell: ClassVar[tuple[str, ...]]
    """Its fields that say which; what is left out matches all."""
    without: ClassVar[str]
    """What there is to say where none of them is given."""

    def model_post_init(self, _: object) -> None:
        """Refuse a rule about nothing."""
        if not self.args:
            raise ValueError(f"{self.without}; allowed: {', '.join(self.cell)}")

    @property
    def args(self) -> Mapping[str, object]:
        """The cell."""
        given = {name: getattr(self, name) for name in self.cell}
        return {name: value for name, value in given.items() if value is not None}
