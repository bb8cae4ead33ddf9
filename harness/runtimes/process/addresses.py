"""The addresses that the services of a run are told: loopback, through the links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.runtimes.real.loopback import HOST
from harness.runtimes.real.sockets import PG_DATABASE, PG_USER


class RunWiring:
    """`Wiring`: the addresses that the services of a run are told.

    Args:
        t0_ns: zero of the services' clock.
        seed: of the run.
        design: of the target, plain data.
        services: service -> port.
        links: link -> port of its proxy.
    """

    def __init__(
        self,
        t0_ns: int,
        seed: int,
        design: Mapping[str, Any],
        services: Mapping[str, int],
        links: Mapping[str, int],
    ) -> None:
        self.t0_ns = t0_ns
        self.seed = seed
        self.design = design
        self._services = services
        self._links = links

    def listen(self, service: str) -> tuple[str, int]:
        """Host and port on which `service` listens."""
        return HOST, self._services[service]

    def through(self, link: str) -> tuple[str, int]:
        """Host and port at which the caller of `link` reaches the callee."""
        return HOST, self._links[link]

    def database(self, link: str) -> Mapping[str, object]:
        """host, port, user and database; the password is in the file that PGPASSFILE names."""
        host, port = self.through(link)
        return {"host": host, "port": port, "user": PG_USER, "database": PG_DATABASE}
