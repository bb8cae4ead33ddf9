"""What is wrong with a target file beyond its shape: names that nobody has, holes without a
source."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.errors import Problem
from harness.json_types import JsonObject
from harness.ownership import foreign, shared
from harness.target_file.checking_asked import asked_problems
from harness.target_file.checking_compose import compose_problems
from harness.target_file.checking_mappings import SERVICES, mapping_problems
from harness.target_file.checking_promises import promise_problems
from harness.target_file.document import Program, TargetDocument
from harness.target_file.holes import holes, variables
from harness.target_file.places import runtimes_of
from harness.target_file.running import toxiproxy_problems
from harness.yaml_source import Loc, Place, unknown

AUTHORITY = "ca"
OWN = ("host", "port", "seed", AUTHORITY)
RESERVED = {*OWN, "design", "borrower", "load", "toxiproxy"}  # what holes and links mean already
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
PARTS = ("host", "port", "user", "password", "database")


def problems_of(
    document: TargetDocument, place: Place, users: Sequence[Mapping[str, str]] = ()
) -> Iterator[Problem]:
    """Everything, each with its place."""
    yield from _programs(document, place)
    if document.entry not in document.programs:
        yield unknown("program", document.entry, document.programs, place, "entry")
    elif document.programs[document.entry].kinds not in SERVICES:
        yield Problem(
            f"entry {document.entry!r} is no command: it is the service that is asked",
            place.of("entry"),
            "a program with command:, running: or compose:",
        )
    yield from toxiproxy_problems(document, place)
    standing = [name for name, one in document.programs.items() if one.running or one.tcp]
    for name in document.allow:
        if name not in standing:
            yield unknown("program that stands already", name, standing, place, "allow", name)
    yield from asked_problems(document, place, users)
    for name, promise in document.promises.items():
        yield from promise_problems(document, name, promise, place)
    yield from _files(document, place)
    yield from _run_by(document, place)
    for operation, roles in document.degradation.items():
        if operation not in document.operations:
            yield unknown("operation", operation, document.operations, place,
                          "degradation", operation)  # fmt: skip
        played = {name_ for key, one in document.programs.items() for name_ in (one.role, key)}
        for role in roles:
            if role not in played:
                known = sorted(played - {""})
                yield unknown("role", role, known, place, "degradation", operation, role)


def _files(document: TargetDocument, place: Place) -> Iterator[Problem]:
    """Files beside it."""
    if document.openapi and not (place.path.parent / document.openapi).is_file():
        yield Problem(f"openapi: {document.openapi} is not there", place.of("openapi"))
    for number, entry in enumerate(document.include):
        if not (place.path.parent / entry).exists():
            where = place.of("include", number)
            yield Problem(f"include {entry!r} is not there", where, "a .py file or a folder")


def _run_by(document: TargetDocument, place: Place) -> Iterator[Problem]:
    """What is run because the file names it: never a third user's."""
    home = place.path.parent
    for name, program in document.programs.items():
        named: list[tuple[Loc, Path]] = [
            (("command", number), home / program.cwd / word)
            for number, word in enumerate(program.command or [])
        ]
        if program.command and (why := foreign(home / program.cwd) or shared(home / program.cwd)):
            yield Problem(f"nothing is run there: {why}", place.of("programs", name, "cwd"))
        if program.compose:
            named.append((("compose",), home / program.compose))
        if program.postgres:
            scripts = enumerate(program.postgres.init)
            named += [(("postgres", "init", number), home / script) for number, script in scripts]
        for loc, path in named:
            if path.is_file() and (why := foreign(path)):
                yield Problem(f"not run: {why}", place.of("programs", name, *loc))


def _programs(document: TargetDocument, place: Place) -> Iterator[Problem]:
    for name, program in document.programs.items():
        loc: Loc = ("programs", name)
        if not NAME.fullmatch(name) or name in RESERVED:
            allowed = f"letters, digits and _; none of {', '.join(sorted(RESERVED))}"
            yield Problem(f"program {name!r}", place.of_key(*loc), allowed)
        if len(program.kinds) != 1:
            got = " and ".join(program.kinds) or "nothing"
            allowed = "one of command, postgres, stand-in, running, tcp, compose"
            yield Problem(f"{name} is {got}", place.of_key(*loc), allowed)
        if program.asgi and not (place.path.parent / program.asgi.rpartition(":")[0]).is_file():
            where = place.of(*loc, "asgi")
            yield Problem(f"asgi {program.asgi} is not there", where, "FILE.py:FUNCTION beside it")
        if program.kinds == ["command"]:
            yield from _command(document, program, loc, place)
        elif program.compose is not None:
            yield from compose_problems(document, name, place)
            yield from _each_hole(document, {"env": program.env}, loc, place)
        elif program.env or program.cwd != ".":
            yield Problem(f"{name}: env and cwd are for a command", place.of_key(*loc))
        if program.sql and program.kinds not in (["tcp"], ["compose"]):
            allowed = "for a PostgreSQL that stands already (tcp:) or is in a compose file"
            yield Problem(f"{name}: sql is for another", place.of_key(*loc, "sql"), allowed)
        for variable in variables(program.sql.password) if program.sql else ():
            if variable not in os.environ:
                where = place.of(*loc, "sql", "password")
                yield Problem(f"${{{variable}}} is not set", where, remedy=f"export {variable}=...")
        if program.stand_in:
            yield from mapping_problems(document, program, loc, place)
        if program.postgres:
            for number, script in enumerate(program.postgres.init):
                if not (place.path.parent / script).is_file():
                    where = place.of(*loc, "postgres", "init", number)
                    yield Problem(f"{script} is not there", where, "a file beside the target")
    if all((why := runtimes_of(document)).values()):
        reasons = "; ".join(f"{runtime}: {one}" for runtime, one in why.items())
        yield Problem(f"it runs nowhere: {reasons}", place.of("programs"))
    databases = [name for name, one in document.programs.items() if one.postgres]
    if len(databases) > 1:
        where = place.of_key("programs", databases[1])
        remedy = "a second as a command of its own, or tcp: where it stands already"
        yield Problem("a second PostgreSQL", where, "one", remedy)


def _command(
    document: TargetDocument, program: Program, loc: Loc, place: Place
) -> Iterator[Problem]:
    folder = place.path.parent / program.cwd
    if not folder.is_dir():
        yield Problem(f"cwd {program.cwd}: {folder} is no folder", place.of(*loc, "cwd"))
    elif (
        program.command
        and not [*holes(program.command[0])]
        and not _found(program.command[0], folder)
    ):
        where = place.of(*loc, "command", 0)
        yield Problem(
            f"command {program.command[0]!r} is not there",
            where,
            f"a program of PATH, or a path from {folder}",
        )
    texts = {"command": program.command or [], "env": program.env}
    yield from _each_hole(document, texts, loc, place)


def _each_hole(
    document: TargetDocument, texts: JsonObject, loc: Loc, place: Place
) -> Iterator[Problem]:
    for key, those in texts.items():
        items = those.items() if isinstance(those, Mapping) else enumerate(those)
        for at, text in items:
            yield from _holes(document, str(text), place, (*loc, key, at))


def _found(command: str, folder: Path) -> bool:
    if "/" in command:
        file = folder / command
        return file.is_file() and os.access(file, os.X_OK)
    return shutil.which(command) is not None


def _holes(document: TargetDocument, text: str, place: Place, loc: Loc) -> Iterator[Problem]:
    for hole in holes(text):
        name, _, part = hole.partition(".")
        if hole == AUTHORITY and not any(_by_https(one) for one in document.programs.values()):
            remedy = "stand-in: {tls: true, mappings: [...]}"
            yield Problem("{ca}: nobody answers by https", place.of(*loc), remedy=remedy)
        if hole in OWN:
            continue
        if name == "design":
            if part not in document.design:
                yield unknown("field of the design", part, document.design, place, *loc)
            continue
        if name not in document.programs:
            yield unknown("hole", hole, [*OWN, *document.programs, "design.<field>"], place, *loc)
        elif loc[:2] == ("programs", name):
            cause = f"{{{hole}}} is {name} itself: nobody calls himself over a link"
            yield Problem(cause, place.of(*loc), remedy="{host} and {port}")
        elif part and part not in (parts := _parts(document.programs[name])):
            yield unknown("part of a hole", part, parts, place, *loc)
    for name in variables(text):
        if name not in os.environ:
            where = place.of(*loc)
            yield Problem(f"${{{name}}} is not set", where, remedy=f"export {name}=...")


def _parts(program: Program) -> tuple[str, ...]:
    return PARTS if program.postgres else PARTS[:2]


def _by_https(program: Program) -> bool:
    return bool(program.stand_in and program.stand_in.tls)
