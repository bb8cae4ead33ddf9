"""What of compose/ is made from the target: config/*.json, and the stand-ins of compose.yaml.

Written by `python -m harness.runtimes.docker.composed`. A test compares them, so that the system
one looks at is the system that experiments run on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from harness.plugins import DEFAULT_TARGET
from harness.runtimes.docker.images import ROOT
from harness.runtimes.docker.plan import ANY, DATABASE_PORT, LINKS_FROM, SERVICE_PORT
from harness.runtimes.real.document import DATABASE_KIND
from harness.runtimes.real.sites import TOXIPROXY
from harness.runtimes.real.wiring import RealWiring
from harness.target import Target, load_target

FOLDER = ROOT / "compose" / "config"
COMPOSE = ROOT / "compose" / "compose.yaml"
BEGIN, END = "  # stand-ins: made from the target\n", "  # end of the stand-ins\n"
STAND_IN = """\
  {name}:
    <<: *stand-in
    volumes: ["./config/{name}.json:/run/harness/service.json:ro"]
"""


def wiring_of(target: Target, design: Mapping[str, object]) -> RealWiring:
    """Containers find each other by name; the services' clock counts from the machine's start."""
    listens = {service.name: (ANY, SERVICE_PORT) for service in target.services}
    links = {link.name: (TOXIPROXY, LINKS_FROM + at) for at, link in enumerate(target.links)}
    return RealWiring(0, 1, design, listens, links)


def files(target: Target, design: Mapping[str, object]) -> dict[str, str]:
    """Name and content of each file."""
    wiring = wiring_of(target, design)
    made: dict[str, object] = {
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


def write(folder: Path, compose_file: Path, design: Mapping[str, object]) -> None:
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
