"""From the file to a target: programs with their holes filled, requests, words of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, Problem
from harness.foreign import DatabaseLogin, DatabasePlan, ProgramSpec
from harness.history import History
from harness.json_types import JsonDict, JsonObject
from harness.model import Outcome
from harness.ownership import foreign
from harness.target import (
    Answer,
    Call,
    Completion,
    LinkSpec,
    Request,
    Wiring,
)
from harness.target_file.asking import TOKEN, request_of
from harness.target_file.checking import problems_of
from harness.target_file.checking_promises import databases_of
from harness.target_file.document import TargetDocument
from harness.target_file.holes import (
    HEADERS,
    filled,
    variables,
)
from harness.target_file.journeys import DataJourney, login_of
from harness.target_file.last_reads import Reader
from harness.target_file.mentions import variables_of, wanted_headers
from harness.target_file.openapi import Documented, documented
from harness.target_file.places import runtimes_of
from harness.target_file.programs import (
    LOAD,
    Holes,
    composed_of,
    every_link,
    mapping_of,
    plan_of,
    service_of,
    with_variables,
)
from harness.target_file.promises import checker_of
from harness.target_file.running import foreign_proxies
from harness.target_file.stand_ins import at_length, operations_of
from harness.target_file.users import read_users
from harness.yaml_source import Place, load_yaml

Users = Sequence[Mapping[str, str]]


def load(path: Path) -> FileTarget:
    """The target of a file.

    Raises:
        ConfigError: every problem, each with line and column; or a third user may write to it.
    """
    if why := foreign(path):
        raise ConfigError(Problem(f"not run: {why}", str(path)))
    place = Place(path, load_yaml(path))
    at_length(place)
    document = place.read(TargetDocument)
    users = _users(document, place)
    if problems := list(problems_of(document, place, users)):
        raise ConfigError(problems)
    paths = documented(path.parent / document.openapi) if document.openapi else None
    return FileTarget(document, path.parent.resolve(), paths, users)


def _users(document: TargetDocument, place: Place) -> Users:
    name = document.data.users
    if name and not (place.path.parent / name).is_file():
        where = place.of("data", "users")
        raise ConfigError(Problem(f"{name} is not there", where, "a file beside the target"))
    return read_users(place.path.parent / name) if name else ()


class FileTarget:
    """`harness.target.Target`; its operations bear its own names: `own_words`.

    Args:
        document: the file.
        home: its folder: paths count from there.
        paths: what an OpenAPI document says of answers; None without one.
        users: a row of values for each user.
    """

    own_words = True

    def __init__(
        self, document: TargetDocument, home: Path, paths: Documented | None, users: Users = ()
    ) -> None:
        self._document, self._home, self._paths = document, home, paths
        self.name, self.include = document.target, tuple(document.include)
        self.degradation = document.degradation
        self.entry = f"{LOAD}->{document.entry}"
        self.services = tuple(
            service_of(name, one, document, home) for name, one in document.programs.items()
        )
        self.composed = composed_of(document, home)
        self.refused_runtimes = runtimes_of(document)
        self.runtimes = tuple(name for name, why in self.refused_runtimes.items() if not why)
        self.foreign_proxies = foreign_proxies(document, home)
        self.links = tuple(every_link(document, self.foreign_proxies))
        self.variables = tuple(variables_of(document))
        self.contract: JsonObject = {"operations": tuple(document.operations)}
        self.journeys = {
            name: DataJourney(name, steps, document.operations, users)
            for name, steps in document.journeys.items()
        }
        self.invariants = {name: checker_of(name, document) for name in document.promises}
        self.queries = {name: one.sql for name, one in document.promises.items() if one.sql}
        asked = databases_of(document)
        self.queried = {name: document.promises[name].at or asked[0] for name in self.queries}
        self._logins = {found for one in document.operations.values() if (found := login_of(one))}
        self._headers = wanted_headers(document)
        self._reader = Reader(document, users)

    def explain(self, invariant: str, design: JsonObject) -> str:
        """Nothing is known of somebody else's design."""
        return ""

    def design_problems(self, design: JsonObject) -> list[tuple[str, str]]:
        """None: a design may say what it likes, the holes take what the file names."""
        return []

    @property
    def rule_ops(self) -> dict[str, list[str]]:
        """Stand-in -> the operations that a rule may name."""
        return {
            name: operations_of(one.stand_in)
            for name, one in self._document.programs.items()
            if one.stand_in
        }

    def config(self, service: str, wiring: Wiring) -> JsonDict:
        """The configuration document of a stand-in; of what is built in process its environment;
        {} for everybody else."""
        program = self._document.programs[service]
        if program.asgi:
            return self._env(service, wiring)
        if program.stand_in is None:
            return {}
        host, port = wiring.listen(service)
        fill = Holes(self._document, service, wiring)
        mappings = [mapping_of(one, fill) for one in program.stand_in.mappings]
        files: Any = wiring  # has certificates where there are files
        certificate = str(files.certificate) if program.stand_in.tls else ""
        return {
            "kind": "mapping",
            "name": service,
            "host": host,
            "port": port,
            "t0_ns": wiring.t0_ns,
            "seed": wiring.seed,
            "options": {"mappings": mappings},
            "certificate": certificate,
        }

    def program(self, service: str, wiring: Wiring) -> ProgramSpec:
        """How a command of the file is started."""
        program = self._document.programs[service]
        fill = Holes(self._document, service, wiring)
        if program.compose is not None:  # it fills in variables of the environment by itself
            env = {name: str(filled(str(text), fill)) for name, text in program.env.items()}
            return ProgramSpec((), str(self._home), env)
        assert program.command
        argv = [str(filled(with_variables(text), fill)) for text in program.command]
        if "/" in argv[0]:
            argv[0] = str(self._home / program.cwd / argv[0])
        return ProgramSpec(tuple(argv), str(self._home / program.cwd), self._env(service, wiring))

    def _env(self, service: str, wiring: Wiring) -> JsonDict:
        program, fill = self._document.programs[service], Holes(self._document, service, wiring)
        return {
            name: str(filled(with_variables(str(text)), fill)) for name, text in program.env.items()
        }

    def database_plan(self, service: str) -> DatabasePlan:
        """Role, database and scripts of a PostgreSQL."""
        kept = self._document.programs[service].postgres
        scripts = tuple(self._home / script for script in kept.init) if kept else ()
        return replace(plan_of(self._document, service), scripts=scripts)

    def database_login(self, service: str) -> DatabaseLogin | None:
        """Who asks a PostgreSQL that the run does not make; None for one that it makes."""
        told = self._document.programs[service].sql
        if told is None:
            return None
        return DatabaseLogin(told.user, with_variables(told.password), told.database or told.user)

    def environment(self, service: str) -> dict[str, str]:
        """Variables of the caller's environment that a stand-in signs with."""
        stand_in = self._document.programs[service].stand_in
        mappings = stand_in.mappings if stand_in else []
        signs = (one.callback.sign for one in mappings if one.callback)
        names = (name for sign in signs if sign for name in variables(sign.secret))
        return {name: os.environ[name] for name in names}

    def request(self, call: Call) -> Request:
        """How an operation is asked for."""
        return request_of(self._document.operations[call.f], call)

    def classify(self, call: Call, answer: Answer) -> Completion:
        """2xx is ok, or what the operation names, and 4xx fail, with an OpenAPI document those that
        it names; all else may have happened."""
        if answer.status is None:
            outcome = Outcome.FAIL if answer.error == "refused" else Outcome.INFO
            return Completion(outcome, answer.error)
        value = self._value(call, answer)
        private = self._private(call, answer)
        operation = self._document.operations[call.f]
        method, path = operation.asked[0]
        if answer.status in operation.ok:
            return Completion(Outcome.OK, value=value, private=private)
        known = self._paths is None or self._paths.says(method, path, answer.status)
        if known and 200 <= answer.status < 300 and not operation.ok:
            return Completion(Outcome.OK, value=value, private=private)
        if known and 400 <= answer.status < 500:
            return Completion(Outcome.FAIL, f"http_{answer.status}", value)
        return Completion(Outcome.INFO, f"http_{answer.status}", value)

    def _value(self, call: Call, answer: Answer) -> JsonDict:
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

    def counts(self, link: LinkSpec, caller: str, callee: JsonObject) -> dict[str, int]:
        """What reached a stand-in, by its own counts; {} where nobody counts."""
        return {"reached": sum(callee["calls"].values())} if "calls" in callee else {}

    def loose_ends(self, completions: Mapping[str, Completion]) -> int:
        """How many of the last reads have not come to their end."""
        settled = self._document.settled_when
        if settled is None:
            return 0
        return sum(
            one.outcome is not Outcome.OK or not self._reader.ended(key, one.value)
            for key, one in completions.items()
        )

    def final_reads(self, history: History) -> list[Call]:
        """One read of each thing that was acknowledged; before it the login that it needs."""
        return self._reader.calls(history)
