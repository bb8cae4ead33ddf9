"""What the harness is told of the till: programs, links, an operation, a promise, a journey."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.checker import judge
from harness.history import History
from harness.model import Objectives, Outcome, Verdict
from harness.rng import Dice
from harness.target import Answer, Call, Completion, Journey, LinkSpec, Request, ServiceSpec, Wiring

SERVICE = "tests.sim.till.service"


@dataclass(frozen=True)
class ChargedOnce:
    """A promise of the till's own."""

    name: str = "charged_once"
    ids: tuple[str, ...] = ("T1",)
    claim: str = "A purchase is charged once."

    def check(self, history: History, objectives: Objectives) -> Verdict:
        """Count charges."""
        charges = Counter(entry.k for entry in history.ledger("charge"))
        bad = [
            {"t_s": 0.0, "what": f"purchase {key} was charged {n} times", "events": []}
            for key, n in charges.items()
            if n > 1
        ]
        return judge(self, examined=len(charges), bad=bad)


class Purchase:
    """One purchase."""

    name = "purchase"

    def steps(self, number: int, dice: Dice) -> Journey:
        """Pay once."""
        yield Call("pay", f"purchase-{number}")


class Till:
    """`harness.target.Target`.

    Args:
        till, bank: `module:function` of the factories.
    """

    name = "till"
    entry = "borrower->till"
    links = (LinkSpec("borrower->till", "borrower", "till"), LinkSpec("till->bank", "till", "bank"))
    contract: Mapping[str, Any] = {"operations": ("pay",)}
    invariants = (ChargedOnce(),)

    def __init__(self, till: str, bank: str) -> None:
        """A bank that the harness may look into, and a till that needs it."""
        self.services = (
            ServiceSpec("bank", "none", "bank", scripted=True, simulated=bank),
            ServiceSpec("till", "none", "till", needs=("bank",), simulated=till),
        )

    def explain(self, invariant: str, design: Mapping[str, Any]) -> str:
        """The only choice that there is."""
        return "" if design["careful"] else "careful: false: each try is a new charge"

    def design_problems(self, design: Mapping[str, Any]) -> list[tuple[str, str]]:
        """It has one field."""
        return [] if "careful" in design else [("careful", "is missing")]

    def config(self, service: str, wiring: Wiring) -> dict[str, Any]:
        """Where the bank is, and whether the till is careful."""
        host, port = wiring.through("till->bank")
        return {"name": service, "bank": f"http://{host}:{port}", **wiring.design}

    def request(self, call: Call) -> Request:
        """Pay."""
        return Request("POST", "/pay", body={"key": call.k}, timeout_s=5.0)

    def classify(self, call: Call, answer: Answer) -> Completion:
        """Paid, or nobody knows."""
        return Completion(Outcome.OK if answer.status == 200 else Outcome.INFO, answer.error)

    def counts(self, link: LinkSpec, caller: str, callee: Mapping[str, Any]) -> dict[str, int]:
        """Nobody counts."""
        return {}

    def loose_ends(self, completions: Mapping[str, Completion]) -> int:
        """None."""
        return 0

    def final_reads(self, history: History) -> list[Call]:
        """None: the bank's ledger says everything."""
        return []


TARGET = Till(f"{SERVICE}:till", f"{SERVICE}:bank")
JOURNEY = Purchase()
