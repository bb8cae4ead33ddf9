"""A small foreign system for tests of the simulation; it imports nothing of the harness but its
words for targets, and its services import nothing at all of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.model import Outcome
from harness.runtimes.sim.loop import run
from harness.runtimes.sim.runtime import SimRuntime
from harness.target import Answer, Call, Completion, LinkSpec, Request, ServiceSpec, Wiring

TOKEN = "token-of-the-test"  # noqa: S105 - protects nothing
FACTORIES = "tests.sim.foreign"


@dataclass
class Shop:
    """`harness.target.Target`: a front that asks a back."""

    services: tuple[ServiceSpec, ...] = (
        ServiceSpec("front", "none", "shop", needs=("back",), simulated=f"{FACTORIES}:front"),
        ServiceSpec("back", "none", "shop", simulated=f"{FACTORIES}:back"),
    )
    links: tuple[LinkSpec, ...] = (
        LinkSpec("borrower->front", "borrower", "front"),
        LinkSpec("front->back", "front", "back"),
    )
    name: str = "shop"
    entry: str = "borrower->front"
    contract: Mapping[str, Any] = field(default_factory=dict)

    def explain(self, invariant: str, design: Mapping[str, Any]) -> str:
        """Nothing is known."""
        return ""

    def design_problems(self, design: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Every design will do."""
        return []

    def config(self, service: str, wiring: Wiring) -> dict[str, Any]:
        """Where the back is."""
        host, port = wiring.through("front->back")
        return {"name": service, "back": f"http://{host}:{port}"}

    def request(self, call: Call) -> Request:
        """Buy one."""
        return Request("POST", "/orders", body={"key": call.k}, timeout_s=2.0)

    def classify(self, call: Call, answer: Answer) -> Completion:
        """Well or unknown."""
        return Completion(Outcome.OK if answer.status == 200 else Outcome.INFO, answer.error)

    def counts(self, link: LinkSpec, caller: str, callee: Mapping[str, Any]) -> dict[str, int]:
        """Nobody counts."""
        return {}

    def loose_ends(self, completions: Mapping[str, Completion]) -> int:
        """None."""
        return 0

    def final_reads(self, history: Any) -> list[Call]:
        """None."""
        return []


def in_shop(story: Callable[[SimRuntime], Coroutine[Any, Any, Any]], seed: int = 1) -> Any:
    """A story on a started shop; afterwards nothing of it may be left."""

    async def play() -> Any:
        runtime = SimRuntime(seed, TOKEN)
        await runtime.start(Shop(), {})
        try:
            return await story(runtime)
        finally:
            assert await runtime.stop() == []

    return run(play(), seed)
