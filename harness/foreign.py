"""Programs of somebody else's: how they are started, what is in their database at first, and
what stands already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class ProgramSpec:
    """How a program of somebody else's is started.

    Args:
        argv: program and arguments.
        cwd: folder, absolute.
        env: its environment beside PATH, HOME and the like.
    """

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Composed:
    """A program that is a service of a compose file.

    Args:
        file: absolute.
        service: its name there.
        port: at which it listens in its container.
        calls: link -> name and port by which the caller knows the callee: it reaches the proxy
            under that name, so that nothing of its configuration changes.
    """

    file: Path
    service: str
    port: int
    calls: Mapping[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class DatabasePlan:
    """What is in a database of the run at first.

    Args:
        role: that may log in, with the password of the run; "" for the run's own.
        database: its name, owned by the role; "" for the usual one.
        scripts: SQL, run once as that role, in this order.
    """

    role: str = ""
    database: str = ""
    scripts: tuple[Path, ...] = ()


@dataclass(frozen=True)
class DatabaseLogin:
    """How the harness enters a database that the run did not make, to read.

    Args:
        user, password, database: as PostgreSQL has them.
    """

    user: str
    password: str
    database: str


@dataclass(frozen=True)
class ForeignProxies:
    """Proxies of a Toxiproxy that the run did not start: only these are touched.

    Args:
        address: of its control port, `127.0.0.1:8474`.
        proxies: link -> name of the proxy there.
        token: password of the control port (HTTP basic authentication); "" for an open one.
    """

    address: str
    proxies: Mapping[str, str]
    token: str = ""
