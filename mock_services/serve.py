"""Runs one stand-in as a program: `python -m mock_services.serve`.

Reads its config from the file named by HARNESS_SERVICE_CONFIG and the control token from
HARNESS_TOKEN; what must outlive it is kept in the folder named by HARNESS_STATE, where there is
one. Exit codes: 0 ended by SIGTERM, 2 config or journal are wrong, 4 the port is taken.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import uvicorn
import uvloop

from mock_services.clock import RunClock
from mock_services.config import Config, read_config
from mock_services.dice import seeded
from mock_services.documents import InvalidDocument
from mock_services.either import EitherServer
from mock_services.hang_up import HangUpProtocol, hanging_up
from mock_services.journal import FileJournal, Journal, JournalError, MemoryJournal
from mock_services.kinds import KINDS, Kind
from mock_services.stand_in import World

if TYPE_CHECKING:
    from mock_services.outbound import Outbound

EXIT_CONFIG, EXIT_PORT = 2, 4
DRAIN_S = 1  # for calls in flight at SIGTERM: half of the 2 s that the program has to end
BACKLOG = 2048  # uvicorn's default

log = logging.getLogger("mock_services")


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Encode level, logger, message and, where there is one, the error."""
        line = {"level": record.levelname, "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


class Background:
    """The coroutines that run beside the requests: callbacks and late results."""

    def __init__(self) -> None:
        """Start with none."""
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run `work` until it ends or the program does."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background work failed", exc_info=error)

    async def cancel(self) -> None:
        """End what still runs."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def stop(code: int, problem: str) -> NoReturn:
    """Say in one line what is wrong, and end."""
    log.error(problem)
    sys.exit(code)


def load_config(environ: Mapping[str, str]) -> tuple[Config, str]:
    """Read the config and the control token; end with code 2 when either is wrong."""
    path, token = environ.get("HARNESS_SERVICE_CONFIG", ""), environ.get("HARNESS_TOKEN", "")
    if not path or not token:
        stop(EXIT_CONFIG, "need HARNESS_SERVICE_CONFIG (path of a JSON file) and HARNESS_TOKEN")
    try:
        raw = msgspec.json.decode(Path(path).read_bytes())
        options = {name: kind.options for name, kind in KINDS.items()}
        in_container = bool(environ.get("HARNESS_CONTAINER"))  # set by our image alone
        return read_config(raw, options, in_container=in_container), token
    except (OSError, msgspec.DecodeError, InvalidDocument) as wrong:
        stop(EXIT_CONFIG, f"config {path}: {wrong}")


def listen(host: str, port: int) -> socket.socket:
    """Take the port; end with code 4 when somebody else has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as wrong:
        listener.close()
        stop(EXIT_PORT, f"cannot listen on {host} port {port}: {wrong}; free it or choose another")
    return listener


def open_journal(environ: Mapping[str, str]) -> Journal:
    """The journal in the folder that HARNESS_STATE names; one in memory without it.

    Ends with code 2 when it cannot be read.
    """
    folder = environ.get("HARNESS_STATE", "")
    if not folder:
        return MemoryJournal()
    path = Path(folder) / "journal.jsonl"
    try:
        journal = FileJournal(path)
    except (OSError, JournalError) as wrong:
        stop(EXIT_CONFIG, f"journal {path}: {wrong}; remove it to begin anew")
    if journal.torn:
        log.warning("journal %s: the last record was cut off and is dropped", path)
    return journal


async def serve(config: Config, token: str, listener: socket.socket, journal: Journal) -> None:
    """Serve until a signal comes, then end what runs in the background."""
    background, kind = Background(), KINDS[config.kind]
    async with calls(kind) as called:
        world = World(
            RunClock(config.t0_ns),
            seeded(config.seed),
            called.send_callback,
            background.spawn,
            token,
            journal,
            post=called.post,
            environ=os.environ,
        )
        app = hanging_up(kind.build(config, world))
        try:
            await server_of(config, app, listener).serve(sockets=[listener])
        finally:
            await background.cancel()


class NoCalls:
    """Of a kind that calls nobody back."""

    async def send_callback(self, url: str, body: dict[str, object]) -> str:
        """Refuse."""
        raise ConnectionRefusedError(f"{url}: a stand-in of this kind calls nobody")

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Refuse."""
        raise ConnectionRefusedError(f"{url}: a stand-in of this kind calls nobody")


def calls(kind: Kind) -> AbstractAsyncContextManager[NoCalls | Outbound]:
    """How a kind calls back. What does is loaded for those that do: it takes half of the start."""
    if not kind.calls_back:
        return nullcontext(NoCalls())
    from mock_services.outbound import open_outbound

    return open_outbound()


def server_of(config: Config, app: Any, listener: socket.socket) -> uvicorn.Server:
    """Uvicorn; by http alone, or by https too where there is a certificate."""
    if not config.certificate:
        return uvicorn.Server(server_config(app))
    try:
        return EitherServer(server_config(app), listener, config.certificate)
    except (OSError, ssl.SSLError) as wrong:
        stop(EXIT_CONFIG, f"certificate {config.certificate}: {wrong}")


def server_config(app: Any) -> uvicorn.Config:
    """Make uvicorn's config: no line per request, and a bounded time to end."""
    return uvicorn.Config(
        app,
        http=HangUpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=DRAIN_S,
    )


def main() -> None:
    """Run the stand-in that the environment describes."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # Uvicorn raises the signal again once it has shut down: by then it means an ordinary end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    config, token = load_config(os.environ)
    listener = listen(config.host, config.port)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(config, token, listener, open_journal(os.environ)))


if __name__ == "__main__":
    main()
