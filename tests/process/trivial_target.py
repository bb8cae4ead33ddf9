"""A target of two trivial services and a database, for tests of the runtime itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.foreign import ForeignProxies
from harness.model import Outcome
from harness.target import Answer, Call, Completion, LinkSpec, Request, ServiceSpec, Wiring

MODULE = "tests.process.trivial_service"


@dataclass
class Trivial:
    """`harness.target.Target`.

    Args:
        services: which programs.
        links: which links.
        fail: service that ends at once, "" for none.
        foreign_proxies: links through a Toxiproxy that stands already.
    """

    services: tuple[ServiceSpec, ...]
    links: tuple[LinkSpec, ...]
    fail: str = ""
    name: str = "trivial"
    entry: str = "borrower->front"
    contract: Mapping[str, Any] = field(default_factory=dict)
    foreign_proxies: ForeignProxies | None = None

    def explain(self, invariant: str, design: Mapping[str, Any]) -> str:
        """Nothing is known."""
        return ""

    def design_problems(self, design: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Every design will do."""
        return []

    def config(self, service: str, wiring: Wiring) -> dict[str, Any]:
        """Name and address."""
        host, port = wiring.listen(service)
        return {"name": service, "host": host, "port": port, "fail": service == self.fail}

    def request(self, call: Call) -> Request:
        """One and the same request."""
        return Request("GET", "/work")

    def classify(self, call: Call, answer: Answer) -> Completion:
        """Well or unknown."""
        return Completion(Outcome.OK if answer.status == 200 else Outcome.INFO)

    def counts(self, link: LinkSpec, caller: str, callee: Mapping[str, Any]) -> dict[str, int]:
        """What the callee says."""
        return {"reached": callee.get("calls", {}).get("work", 0)}

    def loose_ends(self, completions: Mapping[str, Completion]) -> int:
        """None."""
        return 0

    def final_reads(self, history: Any) -> list[Call]:
        """None."""
        return []


FRONT = ServiceSpec("front", MODULE, "lending", needs=("back",))
BACK = ServiceSpec("back", MODULE, "payment_gateway", scripted=True)
DATABASE = ServiceSpec("database", "", "database")
IN = LinkSpec("borrower->front", "borrower", "front")
OUT = LinkSpec("front->back", "front", "back")
STORE = LinkSpec("front->database", "front", "database", "postgres")

SMALL = Trivial((FRONT, BACK), (IN, OUT))
FULL = Trivial((FRONT, BACK, DATABASE), (IN, OUT, STORE))
