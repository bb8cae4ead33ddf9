"""What of compose/ is made from the target: config/*.json, and the stand-ins of compose.yaml.

Written by `python -m harness.runtimes.docker.composed`. A test compares them, so that the system
one looks at is the system that experiments run on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.plugins import DEFAULT_TARGET
from harness.runtimes.docker.images import ROOT
from harness.runtimes.docker.plan import (
    ANY,
    DATABASE_PORT,
    LINKS_FROM,
    SERVICE_PORT,
    TOXIPROXY,
)
from harness.runtimes.real.document import DATABASE_KIND
from harness.runtimes.real.sockets import PG_DATABASE, PG_USER
from harness.target import Target, load_target

FOLDER = ROOT / "compose" / "config"
COMPOSE = ROOT / "compose" / "compose.yaml"
BEGIN, END = "  # stand-ins: made from the target\n", "  # end of the stand-ins\n"
STAND_IN = """\
  {name}:
    <<: *stand-in
    volumes: ["./config/{name}.json:/run/harness/service.json:ro"]
"""


class ComposedWiring:
    """`Wiring` of compose.yaml: containers find each other by name."""

    t0_ns = 0  # the services' clock counts from the start of the machine
    seed = 1

    def __init__(self, target: Target, design: Mapping[str, Any]) -> None:
        """Remember them."""
        self.design = design
        self._links = [link.name for link in target.links]

    def listen(self, service: str) -> tuple[str, int]:
        """Host and port on which `service` listens, inside its container."""
        return ANY, SERVICE_PORT

    def through(self, link: str) -> tuple[str, int]:
        """Host and port at which the caller of `link` reaches the callee."""
        return TOXIPROXY, LINKS_FROM + self._links.index(link)

    def database(self, link: str) -> Mapping[str, Any]:
        """host, port, user and database; the password is in the environment."""
        host, port = self.through(link)
        return {"host": host, "port": port, "user": PG_USER, "database": PG_DATABASE}


def files(target: Target, design: Mapping[str, Any]) -> dict[str, str]:
    """Name and content of each file."""
    wiring = ComposedWiring(target, design)
    made: dict[str, Any] = {
        f"{service.name}.json": target.config(service.name, wiring)
        for service in target.services
        if service.module
    }
    kinds = {service.name: service.kind for service in target.services}
    made["toxiproxy.json"] = [
        {
            "name": link.name,
            "listen": f"{ANY}:{wiring.through(link.name)[1]}",
            "upstream": f"{link.callee}:{_port(kinds[link.callee])}",
            "enabled": True,
        }
        for link in target.links
    ]
    return {name: json.dumps(document, indent=1) + "\n" for name, document in made.items()}


def _port(kind: str) -> int:
    return DATABASE_PORT if kind == DATABASE_KIND else SERVICE_PORT


def compose(target: Target, text: str) -> str:
    """compose.yaml with the stand-ins of this target; everything else stays as it is."""
    before, rest = text.split(BEGIN)
    names = [service.name for service in target.services if service.scripted]
    block = "".join(STAND_IN.format(name=name) for name in names)
    return before + BEGIN + block + END + rest.split(END)[1]


def write(folder: Path, compose_file: Path, design: Mapping[str, Any]) -> None:
    """Write the files into a folder, and the stand-ins into compose.yaml."""
    target = load_target(DEFAULT_TARGET)
    wanted = files(target, design)
    for old in folder.glob("*.json"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")
    text = compose_file.read_text(encoding="utf-8")
    compose_file.write_text(compose(target, text), encoding="utf-8")


if __name__ == "__main__":
    from ruamel.yaml import YAML

    with (ROOT / "chaos/designs/hardened.yaml").open(encoding="utf-8") as stream:
        write(FOLDER, COMPOSE, YAML(typ="safe").load(stream))
