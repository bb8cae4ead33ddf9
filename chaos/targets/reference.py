"""The reference lending service, its third parties and its database.

borrower ──> lending ──> payment_a, payment_b, risk, funding_a, funding_b, funding_c
              ^   └────> database
              └── payment_a, payment_b (callbacks)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaos.targets import _reference_counts as counting
from chaos.targets import _reference_design as designs
from chaos.targets import _reference_factors as environments
from chaos.targets import _reference_http as http
from chaos.targets import _reference_ops as ops
from chaos.targets import _reference_reads as reads
from harness.history import History
from harness.target import (
    Answer,
    Call,
    Completion,
    Factors,
    LinkSpec,
    Request,
    ServiceSpec,
    Wiring,
)

PAYMENTS = ("payment_a", "payment_b")
FUNDERS = ("funding_a", "funding_b", "funding_c")
KINDS = {
    **dict.fromkeys(PAYMENTS, "payment_gateway"),
    "risk": "risk_engine",
    **dict.fromkeys(FUNDERS, "funding_provider"),
}
CALLBACK_DELAY_S = 2.5  # chosen: a gateway calls back later than a caller is willing to wait
FUNDING_QUOTA_MINOR = 2_000_000_000  # chosen, not measured: no run reaches it
BOOK_SIZE = 400


def _services() -> tuple[ServiceSpec, ...]:
    stand_ins = (
        ServiceSpec(
            name,
            "mock_services.serve",
            kind,
            scripted=True,
            simulated="mock_services.simulated:stand_in",
        )
        for name, kind in KINDS.items()
    )
    lending = ServiceSpec(
        "lending",
        "lending_service.serve",
        "lending",
        ready_path="/readyz",
        needs=("database",),
        simulated="lending_service.simulated.service:lending",
    )
    return (ServiceSpec("database", "", "database"), *stand_ins, lending)


def _links() -> tuple[LinkSpec, ...]:
    pairs = [
        ("borrower", "lending"),
        *(("lending", name) for name in KINDS),
        *((name, "lending") for name in PAYMENTS),
    ]
    database = LinkSpec("lending->database", "lending", "database", protocol="postgres")
    return (*(LinkSpec(f"{a}->{b}", a, b) for a, b in pairs), database)


def _contract() -> Mapping[str, Any]:
    """What the service declares; the amounts are those of the design `hardened`."""
    return {
        "operations": http.OPERATIONS,
        "terminal": sorted(reads.TERMINAL),
        "repay_ack_s": 2.0,
        "business_codes": http.BUSINESS_CODES,
        "funding_quota_minor": dict.fromkeys(FUNDERS, FUNDING_QUOTA_MINOR),
        "stand_in": {
            "existing_prefix": "b-",
            "amount_minor_max": 1_000_000,
            "user_count_max": 1,
            "user_amount_minor_max": 1_000_000,
            "global_count_max": 20,
            "global_amount_minor_max": 10_000_000,
            "rescore_within_s": 10.0,
        },
    }


class Reference:
    """The reference service as a target (`harness.target.Target`)."""

    name: str = "reference"
    entry: str = "borrower->lending"
    lending: str = "lending"
    services: tuple[ServiceSpec, ...] = _services()
    links: tuple[LinkSpec, ...] = _links()
    contract: Mapping[str, Any] = _contract()
    stand_in_ops: Mapping[str, str] = ops.STAND_IN_OPS
    factors: Factors = environments.FACTORS

    def explain(self, invariant: str, design: Mapping[str, Any]) -> str:
        """Which choices of the design let this invariant break; "" when none is known to."""
        return designs.explain(invariant, design)

    def design_problems(self, design: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with a design document, each with its key; empty when it can be used."""
        return designs.design_problems(design)

    def config(self, service: str, wiring: Wiring) -> dict[str, Any]:
        """The configuration document of a service; {} for the database, which takes none."""
        if service == "database":
            return {}
        host, port = wiring.listen(service)
        own = _lending(wiring) if service == "lending" else _stand_in(service, wiring)
        common = {"name": service, "host": host, "port": port}
        return {**common, "t0_ns": wiring.t0_ns, "seed": wiring.seed, **own}

    def request(self, call: Call) -> Request:
        """How an operation is asked for."""
        return http.request(call)

    def classify(self, call: Call, answer: Answer) -> Completion:
        """What is known after an answer: ok, fail or info; in doubt info."""
        return http.classify(answer)

    def counts(self, link: LinkSpec, caller: str, callee: Mapping[str, Any]) -> dict[str, int]:
        """`attempted`, `failed`, `reached` on a link; {} where nobody counts (the borrowers' link).

        Args:
            link: which.
            caller: for lending its /metrics text; for a stand-in its /_counts document as JSON
                text; else "".
            callee: the callee's /_counts document when it is a stand-in, else {}.
        """
        return counting.counts(link, caller, callee)

    def loose_ends(self, completions: Mapping[str, Completion]) -> int:
        """How many of the last reads are not final yet: what settling waits for."""
        return reads.loose_ends(completions.values())

    def final_reads(self, history: History) -> list[Call]:
        """What is to be read once the load has stopped: everything that users were promised."""
        return reads.final_reads(history)


def _stand_in(service: str, wiring: Wiring) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if service in PAYMENTS:
        options["callback_url"] = _url(wiring, f"{service}->lending") + "/callbacks/payments"
        options["callback_delay_s"] = CALLBACK_DELAY_S
    elif service in FUNDERS:
        options["quota_minor"] = FUNDING_QUOTA_MINOR
    return {"kind": KINDS[service], "options": options}


def _lending(wiring: Wiring) -> dict[str, Any]:
    return {
        "design": dict(wiring.design),
        "database": dict(wiring.database("lending->database")),
        "upstreams": {name: _url(wiring, f"lending->{name}") for name in KINDS},
        "book": {"borrowers": BOOK_SIZE},
    }


def _url(wiring: Wiring, link: str) -> str:
    host, port = wiring.through(link)
    return f"http://{host}:{port}"


TARGET = Reference()
