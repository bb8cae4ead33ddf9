"""From the file to a target: programs with their holes filled, requests, words of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import ConfigError, Problem
from harness.foreign import DatabasePlan, ForeignProxies, ProgramSpec
from harness.history import History
from harness.model import Outcome
from harness.ownership import foreign
from harness.target import (
    Answer,
    Call,
    Completion,
    LinkSpec,
    Request,
    ServiceSpec,
    Wiring,
)
from harness.target_file.asking import TOKEN, request_of
from harness.target_file.checking import OWN, problems_of
from harness.target_file.document import Match, Program, TargetDocument
from harness.target_file.holes import (
    HEADERS,
    filled,
    holes,
    variables,
    with_environment,
)
from harness.target_file.journeys import DataJourney, fits, login_of
from harness.target_file.last_reads import Reader
from harness.target_file.mentions import variables_of, wanted_headers
from harness.target_file.openapi import Documented, documented
from harness.target_file.promises import checker_of
from harness.target_file.running import foreign_proxies, here, links_of
from harness.target_file.users import read_users
from harness.yaml_source import Place, load_yaml

LOAD = "borrower"  # the name of the load in links, as everywhere
STAND_IN = "mock_services.serve"
Users = Sequence[Mapping[str, str]]


def load(path: Path) -> FileTarget:
    """The target of a file.

    Raises:
        ConfigError: every problem, each with line and column; or a third user may write to it.
    """
    if why := foreign(path):
        raise ConfigError(Problem(f"not run: {why}", str(path)))
    raw = load_yaml(path)
    place = Place(path, raw)
    try:
        document = TargetDocument.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(list(place.problems(error, TargetDocument))) from None
    users = read_users(path.parent / document.data.users) if document.data.users else ()
    if problems := list(problems_of(document, place, users)):
        raise ConfigError(problems)
    paths = documented(path.parent / document.openapi) if document.openapi else None
    return FileTarget(document, path.parent.resolve(), paths, users)


class FileTarget:
    """`harness.target.Target`.

    Args:
        document: the file.
        home: its folder: paths count from there.
        paths: what an OpenAPI document says of answers; None without one.
        users: a row of values for each user.
    """

    runtimes = ("process",)

    def __init__(
        self, document: TargetDocument, home: Path, paths: Documented | None, users: Users = ()
    ) -> None:
        self._document, self._home, self._paths = document, home, paths
        self.name, self.include = document.target, tuple(document.include)
        self.degradation = document.degradation
        self.entry = f"{LOAD}->{document.entry}"
        self.services = tuple(
            _service(name, one, document) for name, one in document.programs.items()
        )
        self.foreign_proxies = foreign_proxies(document, home)
        self.links = tuple(_every_link(document, self.foreign_proxies))
        self.variables = tuple(variables_of(document))
        self.contract: Mapping[str, Any] = {"operations": tuple(document.operations)}
        self.journeys = {
            name: DataJourney(name, steps, document.operations, users)
            for name, steps in document.journeys.items()
        }
        self.invariants = {name: checker_of(name, document) for name in document.promises}
        self.queries = {name: one.sql for name, one in document.promises.items() if one.sql}
        self._logins = {found for one in document.operations.values() if (found := login_of(one))}
        self._headers = wanted_headers(document)
        self._reader = Reader(document, users)

    def explain(self, invariant: str, design: Mapping[str, Any]) -> str:
        """Nothing is known of somebody else's design."""
        return ""

    def design_problems(self, design: Mapping[str, Any]) -> list[tuple[str, str]]:
        """None: a design may say what it likes, the holes take what the file names."""
        return []

    def config(self, service: str, wiring: Wiring) -> dict[str, Any]:
        """The configuration document of a stand-in; {} for everybody else."""
        program = self._document.programs[service]
        if program.stand_in is None:
            return {}
        host, port = wiring.listen(service)
        fill = partial(_hole, self, service, wiring)
        mappings = [_mapping(one, fill) for one in program.stand_in]
        return {
            "kind": "mapping",
            "name": service,
            "host": host,
            "port": port,
            "t0_ns": wiring.t0_ns,
            "seed": wiring.seed,
            "options": {"mappings": mappings},
        }

    def program(self, service: str, wiring: Wiring) -> ProgramSpec:
        """How a command of the file is started."""
        program = self._document.programs[service]
        assert program.command
        fill = partial(_hole, self, service, wiring)
        argv = [str(filled(_env(text), fill)) for text in program.command]
        if "/" in argv[0]:
            argv[0] = str(self._home / program.cwd / argv[0])
        env = {name: str(filled(_env(str(text)), fill)) for name, text in program.env.items()}
        return ProgramSpec(tuple(argv), str(self._home / program.cwd), env)

    def database_plan(self, service: str) -> DatabasePlan:
        """Role, database and scripts of a PostgreSQL."""
        kept = self._document.programs[service].postgres
        assert kept
        scripts = tuple(self._home / script for script in kept.init)
        return DatabasePlan(kept.user, kept.database or kept.user, scripts)

    def environment(self, service: str) -> dict[str, str]:
        """Variables of the caller's environment that a stand-in signs with."""
        mappings = self._document.programs[service].stand_in or []
        signs = (one.callback.sign for one in mappings if one.callback)
        names = (name for sign in signs if sign for name in variables(sign.secret))
        return {name: os.environ[name] for name in names}

    def request(self, call: Call) -> Request:
        """How an operation is asked for."""
        return request_of(self._document.operations[call.f], call)

    def classify(self, call: Call, answer: Answer) -> Completion:
        """2xx is ok and 4xx fail, with an OpenAPI document those that it names; all else may have
        happened."""
        if answer.status is None:
            outcome = Outcome.FAIL if answer.error == "refused" else Outcome.INFO
            return Completion(outcome, answer.error)
        value = self._value(call, answer)
        private = self._private(call, answer)
        method, path = self._document.operations[call.f].asked[0]
        known = self._paths is None or self._paths.says(method, path, answer.status)
        if known and 200 <= answer.status < 300:
            return Completion(Outcome.OK, value=value, private=private)
        if known and 400 <= answer.status < 500:
            return Completion(Outcome.FAIL, f"http_{answer.status}", value)
        return Completion(Outcome.INFO, f"http_{answer.status}", value)

    def _value(self, call: Call, answer: Answer) -> dict[str, Any]:
        """What is written down: of a login the status alone, of headers those that are named."""
        if call.f in self._logins:
            return {"http_status": answer.status}
        told = {name: answer.headers[name] for name in self._headers if name in answer.headers}
        return {**answer.body, "http_status": answer.status, **({HEADERS: told} if told else {})}

    def _private(self, call: Call, answer: Answer) -> dict[str, str]:
        """The token of a login."""
        if call.f not in self._logins:
            return {}
        told = {**answer.body, HEADERS: answer.headers}
        token = self._reader.token_of(call.f, told)
        self._reader.keep(call, token)
        return {TOKEN: token} if token else {}

    def counts(self, link: LinkSpec, caller: str, callee: Mapping[str, Any]) -> dict[str, int]:
        """What reached a stand-in, by its own counts; {} where nobody counts."""
        return {"reached": sum(callee["calls"].values())} if "calls" in callee else {}

    def loose_ends(self, completions: Mapping[str, Completion]) -> int:
        """How many of the last reads have not come to their end."""
        settled = self._document.settled_when
        if settled is None:
            return 0
        return sum(
            one.outcome is not Outcome.OK or not fits(one.value, settled.until)
            for one in completions.values()
        )

    def final_reads(self, history: History) -> list[Call]:
        """One read of each thing that was acknowledged; before it the login that it needs."""
        return self._reader.calls(history)


def _env(text: str) -> str:
    return with_environment(text, os.environ)


def _own_holes(program: Program) -> list[str]:
    told = [one.callback.to for one in program.stand_in or [] if one.callback]
    return [*holes(program.command or []), *holes(dict(program.env)), *holes(told)]


def _mapping(told: Match, fill: Callable[[str], Any]) -> dict[str, Any]:
    """A mapping as the stand-in reads it: whom it calls back is an address."""
    data = told.model_dump(by_alias=True, exclude_none=True)
    if told.callback:
        data["callback"]["to"] = filled(told.callback.to, fill)
    return data


def _service(name: str, program: Program, document: TargetDocument) -> ServiceSpec:
    if program.postgres:
        return ServiceSpec(name, "", "database")
    if program.stand_in:
        return ServiceSpec(name, STAND_IN, program.role or name, scripted=True)
    running = here(program.running) if program.running else ""
    called = {hole.partition(".")[0] for hole in _own_holes(program)}
    needs = tuple(one for one in document.programs if one in called and one != name
                  and document.programs[one].postgres)  # fmt: skip
    protocol = "http" if program.ready.get else "tcp"
    return ServiceSpec(
        name,
        "",
        program.role or ("service" if name == document.entry else name),
        ready_path=program.ready.get or "/",
        needs=needs,
        protocol=protocol,
        ready_s=program.ready.within,
        running=running,
    )


def _every_link(document: TargetDocument, proxies: ForeignProxies | None) -> Iterator[LinkSpec]:
    protocols = {name: _protocol(one) for name, one in document.programs.items()}
    foreign = {link.name: link for link in links_of(proxies, protocols)}
    entry = LinkSpec(f"{LOAD}->{document.entry}", LOAD, document.entry)
    own = {link.name: link for link in (entry, *_links(document))}
    yield from {**own, **foreign}.values()


def _links(document: TargetDocument) -> list[LinkSpec]:
    """Who is handed a program's address calls it, through a proxy."""
    found: dict[str, LinkSpec] = {}
    for name, program in document.programs.items():
        for hole in _own_holes(program):
            callee = hole.partition(".")[0]
            if callee in document.programs and callee != name:
                link = f"{name}->{callee}"
                found[link] = LinkSpec(link, name, callee, _protocol(document.programs[callee]))
    return list(found.values())


def _protocol(program: Program) -> str:
    if program.postgres:
        return "postgres"
    return "http" if program.stand_in or program.ready.get else "tcp"


def _hole(target: FileTarget, service: str, wiring: Wiring, hole: str) -> Any:
    """What fills a hole of a program."""
    name, _, part = hole.partition(".")
    if hole in OWN:
        host, port = wiring.listen(service)
        return {"host": host, "port": port, "seed": wiring.seed}[hole]
    if name == "design":
        return wiring.design.get(part, target._document.design[part])
    host, port = wiring.through(f"{service}->{name}")
    if not target._document.programs[name].postgres:
        return {"": f"http://{host}:{port}", "host": host, "port": port}[part]
    plan, given = target.database_plan(name), wiring.database(f"{service}->{name}")
    user, database = plan.role or given["user"], plan.database or given["database"]
    password = getattr(wiring, "password", "")
    url = f"postgresql://{user}:{password}@{host}:{port}/{database}"
    parts = {"user": user, "password": password, "database": database}
    return {"": url, "host": host, "port": port, **parts}[part]
