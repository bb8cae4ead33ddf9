"""What is on record of every run on real sockets: whose it is, where its things are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.target import LinkSpec, ServiceSpec

DATABASE_KIND = "database"


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
    def recovery(self) -> Path:
        """What other processes need."""
        return self.run / "recovery.json"

    @property
    def token(self) -> Path:
        """The control token, for nobody else's eyes."""
        return self.run / "token"

    def log(self, program: str) -> Path:
        """The log of a program."""
        return self.run / "logs" / f"{program}.log"

    def config(self, name: str) -> Path:
        """A private file of a program."""
        return self.run / "config" / name

    def make(self) -> None:
        """Make them."""
        for folder in (self.log("x").parent, self.config("x").parent):
            folder.mkdir(parents=True, exist_ok=True)
        self.config("x").parent.chmod(0o700)


def mark_of(run_id: str, token: str) -> str:
    """What everything of the run carries: nobody else's, and no secret."""
    return f"{run_id}.{hashlib.sha256(token.encode()).hexdigest()[:16]}"


def service_entry(service: ServiceSpec, address: str) -> dict[str, Any]:
    """What must be known of a service to ask it something."""
    return {
        "address": address,
        "protocol": "postgres" if service.kind == DATABASE_KIND else "http",
        "kind": service.kind,
        "ready_path": service.ready_path,
        "scripted": service.scripted,
    }


def link_entry(link: LinkSpec, run_id: str, listen: str, upstream: str) -> dict[str, Any]:
    """Addresses and wanted state of a link; the proxy's name says whose it is."""
    return {
        "proxy": f"{run_id}:{link.name}",
        "listen": listen,
        "upstream": upstream,
        "caller": link.caller,
        "callee": link.callee,
        "protocol": link.protocol,
        "enabled": True,
        "toxics": [],
    }
