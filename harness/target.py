"""The system under test, as the harness knows it: operations, programs, links, promises."""

from __future__ import annotations

import importlib
from collections.abc import Generator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, Protocol, cast

import msgspec

from harness import plugins
from harness.errors import ConfigError, Problem
from harness.history import History
from harness.json_types import JsonDict, JsonObject
from harness.model import Objectives, Outcome
from harness.request import BODY_MAX as BODY_MAX
from harness.request import Answer as Answer
from harness.request import Request as Request
from harness.request import body_of as body_of
from harness.request import decoded as decoded
from harness.setting import Factors as Factors  # a word of targets, kept apart
from harness.setting import Setting as Setting
from harness.system import System, nothing
from harness.topology import LinkSpec as LinkSpec
from harness.topology import ServiceSpec as ServiceSpec
from harness.topology import parts_of_databases


class Call(msgspec.Struct, frozen=True):
    """A journey's step: do an operation.

    Args:
        f: name of the operation.
        k: business key (idempotency key for writes, id for reads).
        args: operation arguments.
        private: arguments that the history is not to hold.
    """

    f: str
    k: str = ""
    args: JsonObject = msgspec.field(default_factory=dict)
    private: JsonObject = msgspec.field(default_factory=dict)


class Wait(msgspec.Struct, frozen=True):
    """A journey's step: let `seconds` of run time pass."""

    seconds: float


class Together(msgspec.Struct, frozen=True):
    """A journey's step: do two or more operations truly at once; wants their Completions back."""

    calls: tuple[Call, ...]


class Completion(msgspec.Struct, frozen=True):
    """What an operation came to: sent back into the journey and written to the history.

    Args:
        private: for the journey alone; the history does not hold it.
    """

    outcome: Outcome
    err: str = ""
    value: JsonObject = msgspec.field(default_factory=dict)
    private: JsonObject = msgspec.field(default_factory=dict)


Reply = Completion | tuple[Completion, ...] | None
Journey = Generator[Call | Wait | Together, Any, None]
"""Is sent a Completion after a Call, a tuple of them after a Together, None after a Wait."""


Degradation = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Operation -> role -> state (`one`, `all`) -> declared mode; a cell that is not there is FULL."""

FAILED_OPERATIONS = "failed_operations"
"""The counter of all operations that did not succeed; see `failure_counters` for those of one."""


class Wiring(Protocol):
    """Addresses, as a runtime gives them out."""

    t0_ns: int
    seed: int
    design: JsonObject

    def listen(self, service: str) -> tuple[str, int]:
        """Host and port on which `service` listens."""

    def through(self, link: str) -> tuple[str, int]:
        """Host and port at which the caller of `link` reaches the callee."""

    def database(self, link: str) -> JsonObject:
        """host, port (through the link), user, database."""


class Target(Protocol):
    """The system under test, as the harness knows it.

    `entry` is the link by which the load enters. A target may also have `factors` (`Factors`): how
    the world around differs from one day to another; `degradation` (`Degradation`): how service may
    get worse while a role is broken; `failure_counters`: operation -> what `abort-when` calls its
    failures; `include`: files and folders of words of its own, relative to its file; `core`: itself
    without the third parties that nobody waits for, which is what a search runs thousands of times;
    `usual(call) -> Completion`: how it answers when all is well, by which the samples that a
    document can expect are counted; `program(service, wiring) -> ProgramSpec`: for services
    without a module; `database_plan(service) -> DatabasePlan`: what is in a database at first;
    `journeys` and `invariants`: words of its own, by name; `runtimes`: the only ones that it runs
    on; `explored`: the journeys of a search for which nobody names one; `defects`: a package, or a
    folder beside its file, of planted defects for `harness self-test`; `variables`: those of the
    caller's environment that it needs wherever it is loaded; `topologies`: name -> the module of
    the same system put together otherwise; `topology_for(design)`: the module of the one that a
    design asks for, "" for itself; `least_s(design)`: fault -> how long it must last until what it
    is about has happened; `cluster(design)`: what those that manage databases agree on;
    `refused(fault)`: why a fault means nothing here, "" where it does; `drills`: direction ->
    topology; `foreign_proxies` (`ForeignProxies`): links through a Toxiproxy that stands already;
    `environment(service)`: of a service with a module; `queries`: name -> SQL for its own database,
    asked at the end; `queried`: name of a query -> which database; `database_login(service)`: who
    asks one that the run does not make; `entries`: further links by which the load may enter. See
    reporting.py.
    """

    name: str
    entry: str
    services: tuple[ServiceSpec, ...]
    links: tuple[LinkSpec, ...]
    contract: JsonObject

    def explain(self, invariant: str, design: JsonObject) -> str:
        """Which choice of the design lets this invariant break; "" when none is known to."""

    def design_problems(self, design: JsonObject) -> list[tuple[str, str]]:
        """What is wrong with a design document, each with its key; empty when it can be used."""

    def config(self, service: str, wiring: Wiring) -> JsonDict:
        """The configuration document of a service."""

    def request(self, call: Call) -> Request:
        """How an operation is asked for."""

    def classify(self, call: Call, answer: Answer) -> Completion:
        """What is known after an answer: ok, fail or info; in doubt info."""

    def counts(self, link: LinkSpec, caller: str, callee: JsonObject) -> dict[str, int]:
        """`attempted`, `failed`, `reached` on a link.

        Args:
            caller: the caller's /metrics text, "" when it has none.
            callee: the callee's /_counts document, {} when it has none.
        """

    def loose_ends(self, completions: Mapping[str, Completion]) -> int:
        """How many of the last reads are not final yet: what settling waits for."""

    def final_reads(self, history: History) -> list[Call]:
        """What is to be read once the load has stopped: everything that users were promised."""


def failure_counters(target: Target) -> dict[str, str]:
    """Operation -> what `abort-when` calls those that did not succeed, in a target's own terms."""
    named: Mapping[str, str] = getattr(target, "failure_counters", {})
    return {name: named.get(name, f"failed_{name}") for name in target.contract["operations"]}


def entry_service(target: Target) -> str:
    """The service behind the link by which the load enters: who is asked for last reads.

    Raises:
        ConfigError: that is no link of the target.
    """
    for link in target.links:
        if link.name == target.entry:
            return link.callee
    allowed = ", ".join(link.name for link in target.links)
    raise ConfigError(Problem(f"entry {target.entry!r} of the target is no link", "", allowed))


def entry_links(target: Target) -> tuple[str, ...]:
    """The links by which clients who know several addresses may enter, the preferred one first."""
    return (target.entry, *getattr(target, "entries", ()))


def system_of(target: Target) -> System:
    """The system under test as checkers see it."""
    kinds = dict.fromkeys(one.kind for one in target.services)
    roles = {kind: tuple(one.name for one in target.services if one.kind == kind) for kind in kinds}
    return System(
        entry=target.entry,
        service=entry_service(target),
        roles=roles,
        ledgers=tuple(one.name for one in target.services if one.scripted),
        degradation=getattr(target, "degradation", {}),
        part_of=parts_of_databases(target.services),
        final_reads=target.final_reads,
        unasked=getattr(target, "unasked", nothing),
    )


def places(target: Target, given: str) -> list[str]:
    """The links or services that a name in a document stands for; [] when there is none.

    By its name; else a role is all who play it: `lending->funding_provider` one link a funder."""
    known = {*(link.name for link in target.links), *(one.name for one in target.services)}
    if given in known:
        return [given]
    ends = product(*(system_of(target).playing(end) or (end,) for end in given.split("->")))
    return [name for one in ends if (name := "->".join(one)) in known]


def core_of(target: Target) -> Target:
    """The target without the third parties that nobody waits for; itself when it names none."""
    return getattr(target, "core", target)


def objectives_of(target: Target) -> Objectives:
    """What checkers hold a target to, with the times that hold unless an experiment says others."""
    return Objectives(contract=target.contract, system=system_of(target))


def load_target(ref: str) -> Target:
    """The TARGET of a module: a dotted name, the path of a file; or a target written as YAML.

    What lies beside a file can be imported by it and what it names, after all that is installed.

    Raises:
        ConfigError: no such module, it cannot be imported, or it defines no TARGET.
    """
    if plugins.is_document(ref):
        return cast(Target, importlib.import_module("harness.target_file").load(Path(ref)))
    plugins.search_beside(ref)
    return plugins.constant(ref, "TARGET")  # type: ignore[no-any-return]  # as its protocol says


def answers_at(target: Target, where: str) -> str:
    """The service at a place: a link's callee, or the place itself."""
    return next((link.callee for link in target.links if link.name == where), where)


def felt_at(target: Target, where: str) -> frozenset[str]:
    """Places whose trouble makes calls at a place fail: that place, who calls there, and all that
    is asked, step by step, for an answer: services and the links to them, but for the caller's."""
    here = next((link for link in target.links if link.name == where), None)
    if here is None:
        return frozenset({where})
    felt, ahead = {where, here.caller}, [here.callee]
    while ahead:
        service = ahead.pop()
        felt.add(service)
        for link in target.links:
            if link.caller == service:
                felt.add(link.name)
                ahead += {link.callee} - felt
    return frozenset(felt)
