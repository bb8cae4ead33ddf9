"""The reference lending service, its third parties and its database.

borrower ──> lending ──> payment gateways, risk engine, funders, policy, ... (`STAND_INS`)
              ^   └────> database
              └── payment gateways (callbacks) ──> the first of them, for `shared_limit` alone
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from chaos.catalogue import TIER_ONE
from chaos.lending import (
    BOOK_SIZE,
    DATABASE,
    FILE,
    FUNDER,
    GATEWAY,
    NOTIFIER,
    POLICY,
    RISK_ENGINE,
    RULE_OPS,
    STATUS_PAGE,
)
from chaos.targets import _reference_asked as asked
from chaos.targets import _reference_contract as declared
from chaos.targets import _reference_counts as counting
from chaos.targets import _reference_design as designs
from chaos.targets import _reference_factors as environments
from chaos.targets import _reference_gauges as state
from chaos.targets import _reference_http as http
from chaos.targets import _reference_ops as ops
from chaos.targets import _reference_reads as reads
from chaos.targets import _reference_report as reporting
from chaos.targets import _reference_usual as well
from chaos.targets._reference_degradation import DEGRADATION
from harness.history import Event, History
from harness.model import Op, Outcome
from harness.reporting import Exposure
from harness.target import (
    Answer,
    Call,
    Completion,
    Degradation,
    Factors,
    LinkSpec,
    Request,
    ServiceSpec,
    Wiring,
)

STAND_INS: Mapping[str, str] = {
    "payment_a": GATEWAY,
    "payment_b": GATEWAY,
    "risk": RISK_ENGINE,
    "funding_a": FUNDER,
    "funding_b": FUNDER,
    "funding_c": FUNDER,
    "notification": NOTIFIER,
    "policy": POLICY,
    "status_page": STATUS_PAGE,
}
"""Third parties, the preferred one of a role first: one more is one more line here."""

ASIDE = (NOTIFIER, POLICY, STATUS_PAGE)
HOME = "lending"
LEAN: Mapping[str, object] = {"reconcile": None, "mode_trail": "memory"}
"""Of a design: what a search goes without."""

CALLBACK_DELAY_S = 2.5  # chosen: a gateway calls back later than a caller is willing to wait


def _services(stand_ins: Mapping[str, str]) -> tuple[ServiceSpec, ...]:
    scripted = (
        ServiceSpec(
            name,
            "mock_services.serve",
            kind,
            scripted=True,
            simulated="mock_services.simulated:stand_in",
        )
        for name, kind in stand_ins.items()
    )
    lending = ServiceSpec(
        "lending",
        "lending_service.serve",
        "lending",
        ready_path="/readyz",
        needs=("database",),
        simulated="lending_service.simulated.service:lending",
    )
    return (ServiceSpec("database", "", DATABASE), *scripted, lending)


def _links(stand_ins: Mapping[str, str]) -> tuple[LinkSpec, ...]:
    gateways = [name for name, kind in stand_ins.items() if kind == GATEWAY]
    pairs = [
        ("borrower", "lending"),
        *(("lending", name) for name in stand_ins),
        *((name, "lending") for name in gateways),
    ]
    database = LinkSpec("lending->database", "lending", "database", protocol="postgres")
    shared = ((f"{name}->{gateways[0]}", name, gateways[0]) for name in gateways[1:])
    return (
        *(LinkSpec(f"{a}->{b}", a, b) for a, b in pairs),
        database,
        *(LinkSpec(*one) for one in shared),
    )


class Reference:
    """The reference service as a target (`harness.target.Target`).

    Args:
        stand_ins: name of each third party -> its role.
    """

    stand_in_ops: Mapping[str, str] = ops.STAND_IN_OPS
    degradation: Degradation = DEGRADATION
    identifiers: Mapping[str, str] = reporting.IDENTIFIERS
    topologies: Mapping[str, str] = MappingProxyType(
        {
            "one-region": "chaos.targets.reference",
            "two-regions": "chaos.targets.two_regions",
            "two-regions-from-b": "chaos.targets.two_regions_from_b",
            "active-passive": "chaos.targets.active_passive",
        }
    )
    drills: Mapping[str, str] = MappingProxyType({"ab": "two-regions", "ba": "two-regions-from-b"})
    standards = Path(__file__).parents[1] / "standards.yaml"
    risks = Path(__file__).parents[1] / "risks.yaml"
    incident_rules = Path(__file__).parents[1] / "incident_rules.yaml"
    tier_one = TIER_ONE
    calls_group = state.CALLS
    explored = ("consumer", "repayer", "angry_retrier")
    defects = "chaos.defects"
    failure_counters: Mapping[str, str] = MappingProxyType(
        {"submit": "failed_applications", "repay": "failed_repayments"}
    )

    def __init__(self, stand_ins: Mapping[str, str] = STAND_INS) -> None:
        """Put the system together."""
        self.name = "reference"
        self.entry = "borrower->lending"
        self.services = _services(stand_ins)
        self.links = _links(stand_ins)
        self._kinds = dict(stand_ins)
        self.gauges = (*state.ALL, *map(state.page_apart, self._playing(STATUS_PAGE)))
        self._whole = True
        gateways, engines, funders = map(self._playing, (GATEWAY, RISK_ENGINE, FUNDER))
        self.contract = declared.contract(funders)
        self.factors: Factors = environments.factors(gateways, engines, funders)

    @cached_property
    def core(self) -> Reference:
        """The same without notifications and a page, for which nobody waits, without policy, files
        and a record of modes: a search would spend its time on them."""
        aside = [name for kind in ASIDE for name in self._playing(kind)]
        core = copy(self)
        core.services = tuple(one for one in self.services if one.name not in aside)
        core.links = tuple(link for link in self.links if link.callee not in aside)
        core.gauges = state.ALL
        core._kinds = {name: kind for name, kind in self._kinds.items() if name not in aside}
        core._whole = False
        return core

    @property
    def rule_ops(self) -> Mapping[str, tuple[str, ...]]:
        """Third party -> the operations that a rule may name."""
        ops = {
            kind: [op for op in found if self._whole or op != FILE]
            for kind, found in RULE_OPS.items()
        }
        return {name: tuple(ops[kind]) for name, kind in self._kinds.items()}

    def _playing(self, kind: str) -> tuple[str, ...]:
        return tuple(name for name, its in self._kinds.items() if its == kind)

    def explain(self, invariant: str, design: Mapping[str, object]) -> str:
        """Which choices of the design let this invariant break; "" when none is known to."""
        return designs.explain(invariant, design)

    def design_schema(self) -> dict[str, Any]:
        """JSON Schema of a design."""
        return designs.design_schema()

    def design_problems(self, design: Mapping[str, object]) -> list[tuple[str, str]]:
        """What is wrong with a design document, each with its key; empty when it can be used."""
        return designs.design_problems(design, self._playing(FUNDER))

    def config(self, service: str, wiring: Wiring) -> dict[str, Any]:
        """The configuration document of a service; {} for the database, which takes none."""
        if service == "database":
            return {}
        host, port = wiring.listen(service)
        common = {"name": service, "host": host, "port": port}
        own = self._own(service, wiring)
        return {**common, "t0_ns": wiring.t0_ns, "seed": wiring.seed, **own}

    def request(self, call: Call) -> Request:
        """How an operation is asked for."""
        return state.ASK if call.f == reads.FIGURES else http.request(call)

    def classify(self, call: Call, answer: Answer) -> Completion:
        """What is known after an answer: ok, fail or info; in doubt info."""
        done = http.classify(answer)
        if call.f == reads.FIGURES and done.outcome is Outcome.OK:
            return replace(done, value=state.gauges(answer))
        return done

    def usual(self, call: Call) -> Completion:
        """How an operation is answered when all is well."""
        return well.usual(call)

    def counts(self, link: LinkSpec, caller: str, callee: Mapping[str, object]) -> dict[str, int]:
        """`attempted`, `failed`, `reached` on a link; {} where nobody counts (the borrowers' link).

        Args:
            link: which.
            caller: for lending its /metrics text; for a stand-in its /_counts document as JSON
                text; else "".
            callee: the callee's /_counts document when it is a stand-in, else {}.
        """
        between = {link.caller, link.callee} <= self._kinds.keys()
        return {} if between else counting.counts(link, caller, callee)

    def loose_ends(self, completions: Mapping[str, Completion]) -> int:
        """How many of the last reads are not final yet: what settling waits for."""
        return reads.loose_ends(completions.values())

    def final_reads(self, history: History) -> list[Call]:
        """What is to be read once the load has stopped: everything that users were promised."""
        return reads.final_reads(history, modes=self._whole)

    def degraded(self, op: Op) -> bool:
        """Whether an ok answer is less than on a good day."""
        return reporting.degraded(op)

    def shown_mode(self, op: Op) -> tuple[str, str] | None:
        """Which operation's mode an answer shows, and which mode."""
        return reporting.shown_mode(op)

    def at_risk(self, history: History) -> Iterator[Exposure]:
        """Money that gateways moved while no borrower had been told so."""
        return reporting.at_risk(history)

    def unasked(self, history: History) -> Iterator[Event]:
        """Ledger entries of money that no operation asked for: somebody else's."""
        return asked.unasked(history)

    def related(self, history: History) -> Iterator[tuple[str, str]]:
        """Names of one application that no answer joins."""
        return reporting.related(history)

    def _stand_in(self, service: str, wiring: Wiring) -> dict[str, Any]:
        kind = self._kinds[service]
        options: dict[str, object] = {}
        if kind == GATEWAY:
            options["callback_url"] = url(wiring, f"{service}->lending") + "/callbacks/payments"
            options["callback_delay_s"] = CALLBACK_DELAY_S
            if service != (first := self._playing(GATEWAY)[0]):
                options["keeper"] = url(wiring, f"{service}->{first}")
        elif kind == FUNDER:
            options["quota_minor"] = declared.FUNDING_QUOTA_MINOR
        return {"kind": kind, "options": options}

    def _own(self, service: str, wiring: Wiring) -> dict[str, Any]:
        return self._lending(wiring) if service == HOME else self._stand_in(service, wiring)

    def _lending(self, wiring: Wiring, name: str = HOME) -> dict[str, Any]:
        """The configuration of an instance.

        Args:
            name: the caller of its links.
        """
        return {
            "design": {**wiring.design, **({} if self._whole else LEAN)},
            "database": dict(wiring.database(f"{name}->database")),
            "upstreams": {
                party: {"kind": kind, "url": url(wiring, f"{name}->{party}")}
                for party, kind in self._kinds.items()
            },
            "book": {"borrowers": BOOK_SIZE},
        }


def url(wiring: Wiring, link: str) -> str:
    """Where the caller of a link reaches its callee."""
    host, port = wiring.through(link)
    return f"http://{host}:{port}"


TARGET = Reference()
