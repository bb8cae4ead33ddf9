"""A target of two services and what its users do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.history import History
from harness.model import Outcome
from harness.rng import Dice
from harness.target import (
    Answer,
    Call,
    Completion,
    Journey,
    LinkSpec,
    Request,
    ServiceSpec,
    Wait,
    Wiring,
)


@dataclass
class Kiosk:
    """`harness.target.Target`: a front that asks a till."""

    services: tuple[ServiceSpec, ...] = (
        ServiceSpec("front", "", "shop"),
        ServiceSpec("till", "", "shop"),
    )
    links: tuple[LinkSpec, ...] = (
        LinkSpec("buyer->front", "buyer", "front"),
        LinkSpec("front->till", "front", "till"),
    )
    name: str = "kiosk"
    entry: str = "buyer->front"
    contract: Mapping[str, Any] = field(default_factory=lambda: {"operations": ["buy", "look"]})

    def explain(self, invariant: str, design: Mapping[str, Any]) -> str:
        """Nothing is known."""
        return ""

    def design_problems(self, design: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Every design will do."""
        return []

    def config(self, service: str, wiring: Wiring) -> dict[str, Any]:
        """None."""
        return {}

    def request(self, call: Call) -> Request:
        """One and the same."""
        return Request("POST", "/buy")

    def classify(self, call: Call, answer: Answer) -> Completion:
        """Sold or not."""
        return Completion(Outcome.OK if answer.status == 200 else Outcome.FAIL)

    def counts(self, link: LinkSpec, caller: str, callee: Mapping[str, Any]) -> dict[str, int]:
        """The toy counts by itself."""
        return {}

    def loose_ends(self, completions: Mapping[str, Completion]) -> int:
        """None."""
        return 0

    def final_reads(self, history: History) -> list[Call]:
        """One look at the end."""
        return [Call("look", "all")]


class Buyer:
    """Buys once, after a moment."""

    name = "tests.sim.toy.target"

    def steps(self, number: int, dice: Dice) -> Journey:
        """One operation."""
        yield Wait(dice.random())
        yield Call("buy", str(number))


TARGET = Kiosk()
JOURNEY = Buyer()
