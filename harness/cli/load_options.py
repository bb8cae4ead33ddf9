"""What `harness run` says of Locust: --locustfile, --users, --web, --workers, --master-bind."""

from __future__ import annotations

import ast
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ConfigError, Problem
from harness.load.keys import page_token
from harness.ownership import foreign
from harness.rng import fresh_token
from harness.text import quoted
from harness.workload import LoadMaker

HERE = "127.0.0.1"
USERS = 10


@dataclass(frozen=True)
class LoadOptions:
    """As they were given; None, "" and False: not.

    Args:
        bind: `ADDRESS` or `ADDRESS:PORT`.
    """

    locustfile: Path | None = None
    users: int | None = None
    web: bool = False
    workers: int | None = None
    bind: str = ""

    @property
    def given(self) -> bool:
        """Whether any was."""
        return self != LoadOptions()

    def maker(self) -> LoadMaker:
        """What they come to; ports that are free now, and a fresh token.

        Raises:
            ConfigError: every problem.
        """
        if problems := list(self._problems()):
            raise ConfigError(problems)
        (host, port), workers = self._place, self.workers or 0
        return LoadMaker(
            workers=workers,
            address=f"{host or HERE}:{port or free_port()}" if workers else "",
            elsewhere=bool(self.bind),
            page_port=free_port() if self.web else 0,
            locustfile=str(self.locustfile.resolve()) if self.locustfile else "",
            users=self.users or USERS,
            token=fresh_token(),
        )

    @property
    def _place(self) -> tuple[str, str]:
        """Address and port of `bind`, "" for what it does not say."""
        host, colon, port = self.bind.partition(":")
        return host, port if colon else ""

    def _problems(self) -> Iterator[Problem]:
        if self.users is not None and self.locustfile is None:
            allowed = "beside --locustfile"
            remedy = "--rate 20/s says how many borrowers of the document come"
            yield Problem(f"--users {self.users} without users", "--users", allowed, remedy)
        if self.bind and not self.workers:
            yield Problem("nobody is waited for", "--master-bind", "beside --workers N")
        host, port = self._place
        if port and not (port.isdigit() and 0 < int(port) < 65_536):
            yield Problem(f"no port {quoted(port)}", "--master-bind", "1..65535")
        elif self.bind and not _can_bind(host):
            cause = f"{quoted(host)} is no address of this machine"
            yield Problem(cause, "--master-bind", "an IPv4 address of one of its interfaces")
        if self.locustfile is not None:
            yield from file_problems(self.locustfile)


def file_problems(path: Path) -> Iterator[Problem]:
    """What is wrong with a locustfile; it is read, not run."""
    if not path.is_file():
        yield Problem(f"no file {quoted(str(path))}", "--locustfile", "a Python file")
        return
    if why := foreign(path):
        yield Problem(why, "--locustfile")
        return
    try:
        ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        column = getattr(error, "offset", None) or 1
        cause = getattr(error, "msg", None) or str(error)
        yield Problem(f"no Python: {cause}", f"{path}:{line}:{column}")


def invitation(maker: LoadMaker) -> list[str]:
    """What a person has to know before the load begins."""
    lines = []
    if maker.page_port:
        page = f"http://{HERE}:{maker.page_port}/?token={page_token(maker.token)}"
        lines.append(f"Locust's page, once the load begins: {page}")
    if maker.elsewhere:
        own = f" --locustfile {os.path.basename(maker.locustfile)}" if maker.locustfile else ""
        lines.append(f"waiting for {maker.workers} workers; start each with")
        lines.append(f"    HARNESS_LOAD_TOKEN={maker.token} harness worker {maker.address}{own}")
    return lines


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has now; who takes it meanwhile makes the load fail."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


def _can_bind(host: str) -> bool:
    try:
        with socket.socket() as probe:
            probe.bind((host, 0))
    except (OSError, UnicodeError):
        return False
    return True
