"""Programs that are services of somebody else's compose file: what is added, what is refused."""

from __future__ import annotations

import ipaddress
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import ConfigError
from harness.foreign import Composed, DatabaseLogin
from harness.runtimes.docker import compose, mounts
from harness.runtimes.docker.plan import Places
from harness.runtimes.docker.powers import networks
from tests.unit.target_file.a_target import loader

TARGET = """\
target: composed
entry: api
programs:
  api:
    compose: docker-compose.yml
    port: 8080
    calls: [bank]
    env: {DB: "{db.host}:{db.port}", SECRET: "${OF_COMPOSE}"}
    ready: {get: /health}
  db: {compose: docker-compose.yml, service: postgres, port: 5432}
  bank: {port: 9090, stand-in: [{on: POST /pay, op: pay}]}
operations: {create: {post: /loans}}
journeys: {borrow: [{do: create}]}
"""
FILE = Path("/there/docker-compose.yml")
PROJECT = compose.Project("run-1", FILE, Path("/nowhere"))


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Loads the file, with some of its text replaced."""
    monkeypatch.setenv("OF_COMPOSE", "s3cret")
    (tmp_path / "docker-compose.yml").write_text("services: {}\n")
    return loader(tmp_path, TARGET)


def test_links_out_of_holes_and_out_of_names(target: Callable[..., Any]) -> None:
    """A caller that keeps its configuration finds the proxy at the port that it knows; what
    compose fills in is written nowhere."""
    mine = target()
    assert [link.name for link in mine.links] == ["borrower->api", "api->db", "api->bank"]
    assert mine.runtimes == ("docker",)
    assert {one.name: one.needs for one in mine.services}["api"] == ("db",)
    places = Places("n", ipaddress.IPv4Network("198.18.0.0/26"), mine, 1)
    assert (places.link_port("api->bank"), places.service_port("db")) == (9090, 5432)
    program = mine.program("api", places.wiring(0, 1, {}))
    assert program.env == {"DB": "198.18.0.2:20001", "SECRET": "${OF_COMPOSE}"}
    assert mine.composed["api"].calls == {"api->bank": ("bank", 9090)}
    assert mine.composed["db"].service == "postgres"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("compose: docker-compose.yml\n", "compose: no.yml\n", r"5:14: no.yml is not there"),
        ("    port: 8080\n", "", r"4:3: api: at which port"),
        ("calls: [bank]", "calls: [bonk]", r"unknown program 'bonk'; did you mean 'bank'"),
        ("calls: [bank]", "calls: [bank, b2]", r"api->b2 and api->bank are both called at port"),
        ("  bank: {port", "  x: {command: [sh]}\n  bank: {port", r"x is command: not beside"),
        ("[{on: POST /pay, op: pay}]", "{tls: true, mappings: [{on: POST /pay, op: pay}]}",
         r"11:3: bank is https: not beside compose"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named_with_its_place(
    target: Callable[..., Any], old: str, new: str, told: str
) -> None:
    """Before anything is started."""
    second = (
        "  bank: {port",
        "  b2: {port: 9090, stand-in: [{on: POST /x, op: x}]}\n  bank: {port",
    )
    with pytest.raises(ConfigError, match=told):
        target((old, new), *([second] if "b2" in new else []))


PROMISE = 'promises: {books: {claim: They agree., sql: "SELECT 1", rows: 1}}\njourneys:'
ASKED = ("service: postgres,", 'service: postgres, sql: {user: app, password: "${OF_COMPOSE}"},')
SECOND = (
    "  bank: {port",
    "  db2: {compose: docker-compose.yml, port: 9, sql: {user: x}}\n  bank: {port",
)


def test_a_promise_may_ask_a_database_of_the_compose_file(target: Callable[..., Any]) -> None:
    """Who asks stands in the file, the password in the environment of the caller."""
    mine = target(ASKED, ("journeys:", PROMISE))
    assert (mine.queries, mine.queried) == ({"books": "SELECT 1"}, {"books": "db"})
    assert mine.database_login("db") == DatabaseLogin("app", "s3cret", "app")
    assert "OF_COMPOSE" in mine.variables
    second = target(ASKED, SECOND, ("journeys:", PROMISE.replace("rows", "at: db2, rows")))
    assert second.queried == {"books": "db2"}


def test_a_database_of_somebody_else_is_none_that_the_run_makes(target: Callable[..., Any]) -> None:
    """Whatever it is called, and whatever part it plays."""
    named = target(("  db: {", "  database: {"), ("{db.host}:{db.port}", "{database.host}"))
    assert not any(one.is_database for one in named.services)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([], r"there is no database to ask; allowed: .*compose: and sql:"),
        ([ASKED, SECOND], r"sql: which database\?; allowed: db, db2; try: at: db"),
        ([ASKED, ("rows: 1", "rows: 1, at: dbb")], r"unknown database 'dbb'; did you mean 'db'"),
        ([ASKED, ("${OF_COMPOSE}", "${UNSET_HERE}")], r"UNSET_HERE} is not set.*export"),
        ([ASKED, ("bank: {port: 9090", "bank: {port: 9090, sql: {user: x}")],
         r"bank: sql is for another"),
    ],
)  # fmt: skip
def test_a_database_that_cannot_be_asked_is_named(
    target: Callable[..., Any], changes: list[tuple[str, str]], told: str
) -> None:
    """Before anything is started."""
    with pytest.raises(ConfigError, match=told):
        target(("journeys:", PROMISE), *changes)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"services": {"db": {"image": "x"}}}, r"api: no service 'api'; allowed: db"),
        ({"services": {"api": {"image": "x", "network_mode": "host"}}}, r"network_mode: host"),
        ({"services": {"api": {"build": "."}}}, r"no image:"),
        ({"services": {"api": {"image": "x", "privileged": True}}}, r"privileged: true"),
        ({"services": {"api": {"image": "x", "pid": "host"}}}, r"pid: host"),
        *(({"services": {"api": {"image": "x", "volumes": [f"{path}:/d:ro"]}}},
           r"the engine's socket") for path in ("/run/docker.sock", "/var/run", "/run/./", "/")),
        *(({"services": {"api": {"image": "x", **says}}}, f"{next(iter(says))}: ") for says in (
            {"ipc": "host"}, {"pid": "container:prod"}, {"userns_mode": "host"},
            {"cap_add": ["NET_ADMIN", "cap_sys_admin"]}, {"cap_add": ["ALL"]},
            {"devices": ["/dev/sda:/dev/sda"]}, {"volumes_from": ["container:prod:rw"]},
            {"external_links": ["prod:db"]})),
        ({"services": {"api": {"image": "x", "networks": ["shared"]}},
          "networks": {"shared": {"external": True}}}, r"network 'shared' stands already"),
        ({"services": {"api": {"image": "x"}}, "volumes": {"data": {"name": "prod"}}},
         r"volumes.data: 'prod' is a name of its own"),
    ],
)  # fmt: skip
def test_what_a_run_cannot_keep_apart_is_refused(told: dict[str, Any], why: str) -> None:
    """By what compose says of its file."""
    with pytest.raises(ConfigError, match=why):
        compose.problems(PROJECT, told, {"api": Composed(FILE, "api", 80)})


def test_a_compose_file_is_read_before_anything_runs(
    target: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By compose itself; `validate` says what a run would, with line and column."""
    target()
    file, path = tmp_path / "docker-compose.yml", str(tmp_path / "target.yaml")
    db = "  postgres: {image: x}\n"
    file.write_text(f"services:\n  api:\n    image: x\n    network_mode: host\n{db}")
    monkeypatch.setattr(compose, "_compose", lambda: ["sh", "-c", 'cat "$5"'])
    failed = CliRunner().invoke(app, ["validate", path]).exception
    assert f"{file}:4:5: network_mode: host: it has no address of its own" in str(failed)
    file.write_text(f"services:\n  api: {{image: x}}\n{db}")
    assert "valid: target composed" in CliRunner().invoke(app, ["validate", path]).stdout
    monkeypatch.setattr(compose, "_compose", lambda: ["sh", "-c", "echo line 3 >&2; exit 1"])
    failed = CliRunner().invoke(app, ["validate", path]).exception
    assert f"{file}: compose refuses it: line 3" in str(failed)


def test_without_compose_nobody_has_read_its_file(
    target: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said; the target file itself is still checked."""
    target()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    done = CliRunner().invoke(app, ["validate", str(tmp_path / "target.yaml")])
    assert done.exit_code == 0
    assert "nobody read the compose file: no docker compose on this machine" in done.stderr


def test_what_stands_already_is_mounted_read_only() -> None:
    """A database would write to the data of the one that stands, a service to its uploads."""
    volumes = [
        "/srv/data:/data",
        "/srv/schema:/schema:ro",
        "/srv/up:/up:rw,z",
        "kept:/kept",
        "own:/own:rw",
        "bound:/bound",
        "cloud:/cloud",
        "/anonymous",
        {"type": "bind", "source": "/srv/long", "target": "/long"},
        {"type": "tmpfs", "target": "/tmp"},
    ]
    told = {
        "services": {"db": {"image": "x", "volumes": volumes}, "none": {"image": "x"}},
        "volumes": {
            "kept": {"external": True},
            "own": {"driver": "local"},
            "bound": {"driver_opts": {"type": "none", "o": "bind", "device": "/srv/bound"}},
            "cloud": {"driver": "someones"},
        },
    }
    assert mounts.kept_as_they_are(told, "db") == [
        "/srv/data:/data:ro",
        "/srv/schema:/schema:ro",
        "/srv/up:/up:ro,z",
        "kept:/kept:ro",
        "bound:/bound:ro",
        "cloud:/cloud:ro",
        "/srv/long:/long:ro",
    ]
    assert mounts.kept_as_they_are(told, "none") == []


def test_all_that_compose_makes_carries_the_label(tmp_path: Path) -> None:
    """So that it is found and removed; what stood before does not."""
    project = compose.Project("run-1", FILE, tmp_path / "override.json")
    told = {
        "services": {"api": {"image": "x", "networks": {"back": None}}},
        "networks": {"back": {}, "shared": {"external": True}, "unused": {}},
        "volumes": {"data": None, "kept": {"external": True}},
        "version": "3.8",
    }
    compose.problems(project, told, {"api": Composed(FILE, "api", 80)})
    project.write(told, {"api": {"networks": networks(told, "api")}}, {"run": "1"})
    written = json.loads(project.override.read_text())
    label, own = {"labels": {"run": "1"}}, {"external": True, "name": "run-1.network"}
    made = {"default": label, "back": label, "unused": label}
    assert written["networks"] == {"chaos_harness": own, **made}
    assert (written["volumes"], written["version"]) == ({"data": label}, "3.8")


@pytest.mark.parametrize(
    "harmless",
    [{"cap_add": ["NET_ADMIN", "SYS_PTRACE"]}, {"ipc": "shareable"}, {"volumes": ["data:/run"]},
     {"volumes": ["/srv/run:/run"]}, {"devices": []}],
)  # fmt: skip
def test_what_ends_at_the_container_is_its_own_affair(harmless: dict[str, Any]) -> None:
    """Services have such things; a run needs none of them gone."""
    told = {"services": {"api": {"image": "x", **harmless}}, "volumes": {"data": None}}
    compose.problems(PROJECT, told, {"api": Composed(FILE, "api", 80)})
