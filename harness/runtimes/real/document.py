"""What is on record of every run on real sockets: whose it is, where its things are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from harness.private import make_private
from harness.target import LinkSpec, ServiceSpec, Target
from harness.toolchain import cache_dir

DATABASE_KIND = "database"
DATA = "data"
PROTOCOLS = ("http", "postgres", "tcp")


@dataclass(frozen=True)
class RunFolders:
    """Where a run keeps its things.

    Args:
        run_id: unique.
        run: what stays: configuration, logs, recovery state.
    """

    run_id: str
    run: Path

    @property
    def work(self) -> Path:
        """What goes with the run; every user can enter its parent, PostgreSQL's for one."""
        return cache_dir() / "work" / self.run_id

    def data(self, database: str) -> Path:
        """The data folder of a database."""
        return self.work / DATA / database

    @property
    def passfile(self) -> Path:
        """The database's password, for PostgreSQL's own user."""
        return self.work / "pgpass"

    @property
    def recovery(self) -> Path:
        """What other processes need."""
        return self.run / "recovery.json"

    @property
    def token(self) -> Path:
        """The control token, for nobody else's eyes."""
        return self.run / "token"

    @property
    def foreign_token(self) -> Path:
        """The password of a Toxiproxy that the run did not start."""
        return self.config("foreign-toxiproxy")

    def log(self, program: str) -> Path:
        """The log of a program."""
        return self.run / "logs" / f"{program}.log"

    def config(self, name: str) -> Path:
        """A private file of a program."""
        return self.run / "config" / name

    def make(self) -> None:
        """Make them."""
        for folder in (self.run, self.log("x").parent, self.config("x").parent):
            make_private(folder)


def derived(folders: RunFolders) -> dict[str, str]:
    """What follows from the run's id and folder: written down for people, never read back."""
    return {
        "run_id": folders.run_id,
        "run_dir": str(folders.run),
        "work_dir": str(folders.work),
        "data_dir": str(folders.work / DATA),
        "cache": str(cache_dir()),
    }


def identity(folders: RunFolders, token: str, owner: str) -> dict[str, str]:
    """Who the run is, whose it is and where it keeps its things."""
    return {**derived(folders), "mark": mark_of(folders.run_id, token), "owner": owner}


def mark_of(run_id: str, token: str) -> str:
    """What everything of the run carries: nobody else's, and no secret."""
    return f"{run_id}.{hashlib.sha256(token.encode()).hexdigest()[:16]}"


def programs_entry(
    target: Target,
    run_id: str,
    api: str,
    services: Mapping[str, str],
    links: Mapping[str, str],
    foreign: Mapping[str, object] = MappingProxyType({}),
) -> dict[str, object]:
    """What a run consists of; nothing of it is started yet.

    Args:
        api: address of Toxiproxy's control port.
        services, links: where each listens, `host:port`.
        foreign: entries of links through proxies that the run did not make.
    """
    services = {**services, **{one.name: one.running for one in target.services if one.running}}
    return {
        "api": api,
        "services": {one.name: _service(one, services[one.name]) for one in target.services},
        "links": {
            one.name: _link(one, run_id, links[one.name], services[one.callee])
            for one in target.links
            if one.name not in foreign
        }
        | dict(foreign),
        "processes": [],
        "group": 0,
    }


def _service(service: ServiceSpec, address: str) -> dict[str, object]:
    """What must be known of a service to ask it something."""
    return {
        "address": address,
        "protocol": "postgres" if service.is_database else service.protocol,
        "kind": service.kind,
        "ready_path": service.ready_path,
        "ready_s": service.ready_s,
        "scripted": service.scripted,
        "standby_of": service.standby_of,
        "running": bool(service.running),
        "container": service.container,
        "part": service.part,
        "manages": service.manages,
    }


def _link(link: LinkSpec, run_id: str, listen: str, upstream: str) -> dict[str, object]:
    """Addresses and wanted state of a link; the proxy's name says whose it is."""
    return {
        "proxy": f"{run_id}:{link.name}",
        "listen": listen,
        "upstream": upstream,
        "caller": link.caller,
        "callee": link.callee,
        "protocol": link.protocol,
        "path": link.path,
        "enabled": True,
        "toxics": [],
    }
