"""The service as a program: `python -m lending_service.serve`.

Exit codes: 0 ended by SIGTERM or SIGINT; 2 the configuration cannot be used; 4 something around
it is missing (port taken, database not reached).
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import NoReturn

import msgspec
import uvicorn
import uvloop
from starlette.types import ASGIApp

from lending_service.app import build, misfits
from lending_service.at_work import Instance, Peer, at_work
from lending_service.book import book
from lending_service.clock import RunClock
from lending_service.design import Design, DesignError
from lending_service.failover import Script
from lending_service.http_client import HttpClient
from lending_service.ports import Upstream
from lending_service.stores.connecting import standby_pool
from lending_service.stores.memory import MemoryStore
from lending_service.stores.port import Store, StoreUnavailable
from lending_service.stores.postgres import Commits, PostgresStore

CONFIG_VARIABLE = "HARNESS_SERVICE_CONFIG"
CONTAINER_VARIABLE = "HARNESS_CONTAINER"  # set by our image alone
EXIT_CONFIG, EXIT_SURROUNDINGS = 2, 4
DATABASE_WAIT_S, DATABASE_GAP_S = 10.0, 0.2
STOP_S = 1  # uvicorn's grace for open requests


class Fatal(Exception):
    """The program cannot run. `code` is its exit code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Database(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where PostgreSQL listens.

    Args:
        others: host and port of each further server, of which one may take writes instead.
    """

    host: str
    port: int
    user: str
    database: str
    others: tuple[tuple[str, int], ...] = ()


class BookConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many borrowers exist already (0 .. 9999)."""

    borrowers: int


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The configuration file."""

    name: str
    host: str
    port: int
    t0_ns: int
    seed: int
    design: dict[str, object]
    database: Database | None
    upstreams: dict[str, Upstream]
    book: BookConfig
    peer: Peer | None = None


def main() -> int:
    """Run until told to stop; the exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    logging.basicConfig(handlers=[_JsonLines()], level=logging.WARNING)
    try:
        config = _config(os.environ.get(CONFIG_VARIABLE, ""))
        design = Design.from_mapping(config.design)
        listener = _listener(config.host, config.port)
        with listener, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(config, design, listener))
    except DesignError as error:
        return _fatal(EXIT_CONFIG, str(error))
    except Fatal as error:
        return _fatal(error.code, str(error))
    return 0


async def _serve(config: Config, design: Design, listener: socket.socket) -> None:
    clock = RunClock(config.t0_ns)
    urls = {name: one.url for name, one in config.upstreams.items()}
    client = HttpClient(urls, design.connect_timeout_s)
    store = await _store(config, clock, design)
    try:
        await store.load(book(config.book.borrowers, clock.now_s()))
        dice = random.Random(f"{config.seed}/{config.name}")  # noqa: S311 - dice, not secrets
        kinds = {name: one.kind for name, one in config.upstreams.items()}
        service = build(design, store, client, clock, dice, kinds, _report)
        script = asyncio.ensure_future(_failover(config.database, design, clock))
        try:
            instance = Instance(config.name, config.peer, design, store, clock, _report)
            async with at_work(instance, service) as asgi:
                await _server(asgi).serve(sockets=[listener])
        finally:
            script.cancel()
    finally:
        await client.close()
        if isinstance(store, PostgresStore):
            await store.close()


async def _failover(database: Database | None, design: Design, clock: RunClock) -> None:
    """Watch the primary, where the design has a script for that and there is a standby."""
    if database is not None and database.others and design.failover == "script":
        servers = (database.host, database.port), database.others[0]
        await Script(servers, database.user, database.database, clock, _report).watch()


def _server(asgi: ASGIApp) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            asgi,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=STOP_S,
        )
    )


async def _store(config: Config, clock: RunClock, design: Design) -> Store:
    """The store, once it answers.

    Raises:
        Fatal: it did not within `DATABASE_WAIT_S`.
    """
    database = config.database
    if database is None:
        return MemoryStore()
    commits = Commits(design.synchronous_commit, design.commit_wait, design.read_only_primary)
    place = f"{database.user}@{database.host}:{database.port}/{database.database}"
    deadline_s = clock.now_s() + DATABASE_WAIT_S
    while True:
        try:
            servers = ((database.host, database.port), *database.others)
            whose = database.user, database.database
            store = await PostgresStore.connect(servers, *whose, commits)
            if database.others and (config.peer or design.reads_from == "standby"):
                store.views = await standby_pool(servers, *whose)
            return store
        except StoreUnavailable as error:
            if clock.now_s() >= deadline_s:
                text = f"{place}: no answer within {DATABASE_WAIT_S:g} s; {error}"
                raise Fatal(EXIT_SURROUNDINGS, text) from error
        await clock.sleep(DATABASE_GAP_S)


def _config(path: str) -> Config:
    """The configuration.

    Raises:
        Fatal: there is none, or it does not fit.
    """
    if not path:
        raise Fatal(EXIT_CONFIG, f"{CONFIG_VARIABLE} is not set; name a configuration file in it")
    try:
        config = msgspec.json.decode(Path(path).read_bytes(), type=Config)
    except (OSError, msgspec.DecodeError) as error:
        raise Fatal(EXIT_CONFIG, f"configuration {path}: {error}") from error
    problems = _problems(config)
    if problems:
        raise Fatal(EXIT_CONFIG, f"configuration {path}: " + "; ".join(problems))
    return config


def _problems(config: Config) -> list[str]:
    found = []
    if not 1 <= config.port <= 65_535:
        found.append(f"port {config.port}, need 1..65535")
    if not _may_listen(config.host):
        found.append(f"host {config.host!r}, need a loopback address such as 127.0.0.1")
    if not 0 <= config.book.borrowers <= 9_999:
        found.append(f"book.borrowers {config.book.borrowers}, need 0..9999")
    return found + misfits({name: one.kind for name, one in config.upstreams.items()})


def _may_listen(host: str) -> bool:
    """Loopback; in a container of its own, whose network is the run's, on every address."""
    try:
        address = ip_address(host)
        in_container = CONTAINER_VARIABLE in os.environ
        return address.is_loopback or (address.is_unspecified and in_container)
    except ValueError:
        return False


def _listener(host: str, port: int) -> socket.socket:
    """The port, taken before anything else is begun.

    Raises:
        Fatal: somebody else has it.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        text = f"cannot listen on {host}:{port}: {error.strerror}; free the port or name another"
        raise Fatal(EXIT_SURROUNDINGS, text) from error
    return listener


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """Told to stop: end in good order, exit code 0."""
    raise SystemExit(0)


class _JsonLines(logging.Handler):
    """What libraries log, in the form of everything else on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        _report(record.name, record.getMessage())


def _report(what: str, text: str) -> None:
    """One JSON line a problem."""
    sys.stderr.write(msgspec.json.encode({"what": what, "text": text}).decode() + "\n")
    sys.stderr.flush()


def _fatal(code: int, text: str) -> int:
    _report("fatal", text.replace("\n", " "))
    return code


if __name__ == "__main__":
    sys.exit(main())
