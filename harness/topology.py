"""What a target consists of: programs, and the links between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class LinkSpec:
    """A link of the target: one proxy.

    Args:
        name: `lending->payment_a`.
        caller, callee: service names; `borrower` is the load.
        protocol, path: how a canary speaks (http, postgres, tcp), and what it gets by http.
    """

    name: str
    caller: str
    callee: str
    protocol: str = "http"
    path: str = "/livez"


@dataclass(frozen=True)
class ServiceSpec:
    """A program of the target.

    Args:
        name: unique in the run.
        module: started as `python -m module`; "" for the database, and for a program that the
            target starts by a command of its own (`Target.program`).
        kind: the role it plays, such as payment_gateway. Checkers know roles, never names.
        ready_path: answers 200 when it can do real work.
        needs: services that must be ready first.
        scripted: whether it takes behaviour documents and has a ledger.
        protocol: how it is asked whether it works: http, postgres or tcp.
        ready_s: how long it may take until it works; 0 for what a runtime allows everybody.
        running: where it stands already, `127.0.0.1:8080`: it is asked, never started or ended;
            faults may break its `container`, where that is named.
        simulated: `module:function` that builds it in process: (config, around) -> ASGI.
        standby_of: the database that this one follows to begin with; links lead both ways.
        part: the real part that it is, of those that a runtime knows: etcd, patroni; "" for none.
        manages: the database that it starts, and of which it decides whether it leads; it reaches
            what it decides by, and the manager of the other one, over links.
        tls: names for which it answers by https, with a certificate of the run's own authority.
    """

    name: str
    module: str
    kind: str
    ready_path: str = "/livez"
    needs: tuple[str, ...] = ()
    scripted: bool = False
    simulated: str = ""
    protocol: str = "http"
    ready_s: float = 0.0
    standby_of: str = ""
    running: str = ""
    container: str = ""
    part: str = ""
    manages: str = ""
    tls: tuple[str, ...] = ()

    @property
    def is_database(self) -> bool:
        """Whether it is a database of the run's own, first or standby."""
        return self.kind == "database" or bool(self.standby_of)


def parts_of_databases(services: Sequence[ServiceSpec]) -> dict[str, str]:
    """Standbys, what manages a database, and what a database cannot be without -> the database."""
    whose = {one.name: one.standby_of for one in services if one.standby_of}
    found = dict(whose)
    for one in services:
        if one.manages:
            found[one.name] = whose.get(one.manages, one.manages)
        if one.is_database:
            database = whose.get(one.name, one.name)
            found |= {need: database for need in one.needs if need != database}
    return found
