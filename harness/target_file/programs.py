"""Programs of a target file as a runtime knows them: services, links out of the holes, holes
filled with the addresses of a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.foreign import Composed, DatabasePlan, ForeignProxies
from harness.json_types import JsonDict
from harness.target import LinkSpec, ServiceSpec, Wiring
from harness.target_file.checking import AUTHORITY, OWN
from harness.target_file.document import Match, Program, TargetDocument
from harness.target_file.holes import filled, holes, with_environment
from harness.target_file.running import here, links_of

LOAD = "borrower"  # the name of the load in links, as everywhere
LIVE = "/livez"  # of a stand-in
STAND_IN, STAND_IN_SIMULATED = "mock_services.serve", "mock_services.simulated:stand_in"
DATABASE, SERVICE = "database", "service"  # kinds of service
HTTP_PORT = 80  # at which a stand-in is called that says no port


def with_variables(text: str) -> str:
    """A text with what the caller's environment says."""
    return with_environment(text, os.environ)


def _own_holes(program: Program) -> list[str]:
    mappings = program.stand_in.mappings if program.stand_in else []
    told = [one.callback.to for one in mappings if one.callback]
    told += [f"{{{name}}}" for name in program.calls]
    return [*holes(program.command or []), *holes(dict(program.env)), *holes(told)]


def mapping_of(told: Match, fill: Callable[[str], Any]) -> JsonDict:
    """A mapping as the stand-in reads it: whom it calls back is an address."""
    data = told.model_dump(by_alias=True, exclude_none=True)
    if told.callback:
        data["callback"]["to"] = filled(told.callback.to, fill)
    return data


def service_of(
    name: str, program: Program, document: TargetDocument, home: Path = Path()
) -> ServiceSpec:
    """A program as a runtime starts it."""
    if program.postgres:
        return ServiceSpec(name, "", DATABASE)
    if program.stand_in:
        tls = (name, *program.stand_in.hosts) if program.stand_in.tls else ()
        return ServiceSpec(name, STAND_IN, program.role or name, scripted=True, tls=tls,
                           simulated=STAND_IN_SIMULATED)  # fmt: skip
    running = here(program.running or program.tcp or "")
    called = {hole.partition(".")[0] for hole in _own_holes(program)}
    needs = tuple(one for one in document.programs if one in called and one != name
                  and _waited_for(document.programs[one]))  # fmt: skip
    protocol = "http" if program.ready.get else "tcp"
    return ServiceSpec(
        name,
        "",
        _kind(name, program, document),
        ready_path=program.ready.get or "/",
        needs=needs,
        protocol=protocol,
        ready_s=program.ready.within,
        running=running,
        simulated=str(home / program.asgi) if program.asgi else "",
        container=document.allow.get(name, ""),
    )


def _kind(name: str, program: Program, document: TargetDocument) -> str:
    """The role that it plays; a program called `database` is none that the run makes."""
    kind = program.role or (SERVICE if name == document.entry else name)
    return SERVICE if kind == DATABASE else kind


def _waited_for(program: Program) -> bool:
    """A database: whoever calls it is started once it works."""
    return bool(program.postgres) or (program.compose is not None and not program.ready.get)


def composed_of(document: TargetDocument, home: Path) -> dict[str, Composed]:
    """The programs that are services of a compose file."""
    found = {}
    for name, one in document.programs.items():
        if one.compose is not None:
            calls = {
                f"{name}->{callee}": (
                    document.programs[callee].service or callee,
                    document.programs[callee].port or HTTP_PORT,
                )
                for callee in one.calls
            }
            found[name] = Composed(home / one.compose, one.service or name, one.port, calls)
    return found


def every_link(document: TargetDocument, proxies: ForeignProxies | None) -> Iterator[LinkSpec]:
    """By which the load enters, out of the holes, and those that stand already."""
    foreign = [_link(caller, callee, document) for caller, callee in links_of(proxies)]
    asked = dict.fromkeys([document.entry, *(one.at for one in document.operations.values())])
    enter = [_link(LOAD, name, document) for name in asked if name]
    every = (*enter, *_links(document), *foreign)
    yield from {link.name: link for link in every}.values()


def _links(document: TargetDocument) -> list[LinkSpec]:
    """Who is handed a program's address calls it, through a proxy."""
    found: dict[str, LinkSpec] = {}
    for name, program in document.programs.items():
        for hole in _own_holes(program):
            callee = hole.partition(".")[0]
            if callee in document.programs and callee != name:
                link = _link(name, callee, document)
                found[link.name] = link
    return list(found.values())


def _link(caller: str, callee: str, document: TargetDocument) -> LinkSpec:
    """A link with how a canary asks whoever is called: as for readiness, where it has to say so;
    who is no program of the file is only connected to."""
    program = document.programs.get(callee)
    protocol = _protocol(program) if program else "tcp"
    path = program.ready.get if program and program.ready.get else LIVE
    return LinkSpec(f"{caller}->{callee}", caller, callee, protocol, path)


def _protocol(program: Program) -> str:
    if program.postgres:
        return "postgres"
    return "http" if program.stand_in or program.ready.get else "tcp"


@dataclass(frozen=True)
class Holes:
    """What fills the holes of one program.

    Args:
        document: the file.
        service: whose.
        wiring: addresses of the run.
    """

    document: TargetDocument
    service: str
    wiring: Wiring

    def __call__(self, hole: str) -> Any:
        """The value of a hole."""
        name, _, part = hole.partition(".")
        if hole == AUTHORITY:
            return str(getattr(self.wiring, "authority", ""))
        if hole in OWN:
            host, port = self.wiring.listen(self.service)
            return {"host": host, "port": port, "seed": self.wiring.seed}[hole]
        if name == "design":
            return self.wiring.design.get(part, self.document.design[part])
        program = self.document.programs[name]
        if program.postgres:
            return self._database(name, part)
        host, port = self.wiring.through(f"{self.service}->{name}")
        if program.tcp and not part:
            return f"{host}:{port}"
        scheme = "https" if program.stand_in and program.stand_in.tls else "http"
        return {"": f"{scheme}://{host}:{port}", "host": host, "port": port}[part]

    def _database(self, name: str, part: str) -> Any:
        given, plan = self.wiring.database(f"{self.service}->{name}"), plan_of(self.document, name)
        host, port = given["host"], given["port"]
        user, database = plan.role or given["user"], plan.database or given["database"]
        password = getattr(self.wiring, "password", "")
        url = f"postgresql://{user}:{password}@{host}:{port}/{database}"
        parts = {"user": user, "password": password, "database": database}
        return {"": url, "host": host, "port": port, **parts}[part]


def plan_of(document: TargetDocument, name: str) -> DatabasePlan:
    """Role and database of a PostgreSQL; scripts are of who knows their folder."""
    kept = document.programs[name].postgres
    assert kept
    return DatabasePlan(kept.user, kept.database or kept.user)
