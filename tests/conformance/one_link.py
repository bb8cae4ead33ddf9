"""The smallest target: borrowers, one link, one stand-in that counts what reaches it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.model import Outcome
from harness.rng import Dice
from harness.target import Answer, Call, Completion, Journey, LinkSpec, Request, ServiceSpec, Wiring

SERVICE, LINK = "risk", "borrower->risk"
PATIENCE_S = 0.6  # how long a borrower waits


class OneLink:
    """`harness.target.Target`."""

    name: str = "one_link"
    entry: str = LINK
    services: tuple[ServiceSpec, ...] = (
        ServiceSpec(
            SERVICE,
            "mock_services.serve",
            "risk_engine",
            scripted=True,
            simulated="mock_services.simulated:stand_in",
        ),
    )
    links: tuple[LinkSpec, ...] = (LinkSpec(LINK, "borrower", SERVICE),)
    contract: Mapping[str, Any] = {}

    def explain(self, invariant: str, design: Mapping[str, Any]) -> str:
        """Nothing is known."""
        return ""

    def design_problems(self, design: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Every design will do."""
        return []

    def config(self, service: str, wiring: Wiring) -> dict[str, Any]:
        """A risk engine."""
        host, port = wiring.listen(service)
        place = {"host": host, "port": port, "t0_ns": wiring.t0_ns, "seed": wiring.seed}
        return {"kind": "risk_engine", "name": service, **place, "options": {}}

    def request(self, call: Call) -> Request:
        """Read a limit."""
        return Request("GET", f"/v1/limits/{call.k}", timeout_s=PATIENCE_S)

    def classify(self, call: Call, answer: Answer) -> Completion:
        """Well, or how not."""
        good = answer.status == 200
        return Completion(Outcome.OK if good else Outcome.INFO, "" if good else answer.error)

    def counts(self, link: LinkSpec, caller: str, callee: Mapping[str, Any]) -> dict[str, int]:
        """What reached the stand-in."""
        return {"reached": callee.get("calls", {}).get("limit", 0)}

    def loose_ends(self, completions: Mapping[str, Completion]) -> int:
        """None."""
        return 0

    def final_reads(self, history: Any) -> list[Call]:
        """None."""
        return []


class Look:
    """A journey of one read."""

    name: str = "look"

    def steps(self, number: int, dice: Dice) -> Journey:
        """Read one limit."""
        yield Call("limit", f"b-{number}")


TARGET = OneLink()
JOURNEY = Look()
