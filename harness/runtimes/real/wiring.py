"""What the programs of a run are told: addresses by name, configuration in private files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.private import write_private
from harness.runtimes.real.certificates import AUTHORITY, CERTIFICATE, certificates
from harness.runtimes.real.document import RunFolders
from harness.runtimes.real.sockets import PG_DATABASE, PG_USER
from harness.target import Target

Address = tuple[str, int]


@dataclass
class RealWiring:
    """`harness.target.Wiring`: the addresses that the services of a run are told.

    Args:
        t0_ns: zero of the services' clock, on the machine's monotonic clock.
        seed: of the run.
        design: of the target, plain data.
        listens: service -> host and port on which it listens.
        links: link -> host and port at which its caller reaches the callee.
        password: of the run's database.
        folder: where what programs read lies.
    """

    t0_ns: int
    seed: int
    design: Mapping[str, object]
    listens: Mapping[str, Address]
    links: Mapping[str, Address]
    password: str = ""
    folder: Path = Path()

    @property
    def authority(self) -> Path:
        """The certificate of who signed that of the stand-ins which answer by https."""
        return self.folder / AUTHORITY

    @property
    def certificate(self) -> Path:
        """Key and chain of such stand-ins."""
        return self.folder / CERTIFICATE

    def listen(self, service: str) -> Address:
        """Host and port on which `service` listens."""
        return self.listens[service]

    def through(self, link: str) -> Address:
        """Host and port at which the caller of `link` reaches the callee."""
        return self.links[link]

    def database(self, link: str) -> Mapping[str, object]:
        """host, port, user and database; the password is in the file that PGPASSFILE names."""
        host, port = self.through(link)
        return {"host": host, "port": port, "user": PG_USER, "database": PG_DATABASE}


def write_configs(
    target: Target,
    wiring: RealWiring,
    folders: RunFolders,
    password: str,
    state: Callable[[str], Path],
) -> list[Path]:
    """Write what the services read, for nobody else's eyes.

    Args:
        state: service -> the folder in which it keeps what outlives its program.

    Returns:
        every file and folder made.
    """
    hosts = [name for one in target.services for name in one.tls]
    texts = certificates(hosts) if hosts else {}
    texts |= {"pgpass": f"*:*:*:{PG_USER}:{password}\n"}
    programs = [service.name for service in target.services if service.module]
    for name in programs:
        texts[f"{name}.json"] = json.dumps(target.config(name, wiring), indent=1)
        state(name).mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_private(folders.config(name), text)
    return [*map(folders.config, texts), *map(state, programs)]
