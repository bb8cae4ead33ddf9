"""Who is of a run, and who may be told its secrets, where another user makes up its mark."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RuntimeFailure
from harness.procfs import Proc
from harness.runtimes.process import site
from harness.runtimes.process.site import Site
from harness.runtimes.real import procs
from harness.runtimes.real.checking import check_process
from harness.runtimes.real.document import RunFolders

STRANGER, DATABASES = 54_321, 4_321
MARK = {
    procs.MARK: "x01-2026.0123456789abcdef",
    procs.OWNER: "99:1",
    procs.CACHE: "/var/cache/chaos-harness",
}
STATE: dict[str, Any] = {
    "services": {
        "payment_a": {"protocol": "http", "manages": ""},
        "database": {"protocol": "postgres", "manages": ""},
        "patroni": {"protocol": "http", "manages": "database"},
    }
}


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    """We are root, and PostgreSQL has a user of its own."""
    account = pwd.struct_passwd(("postgres", "x", DATABASES, DATABASES, "", "/", "/bin/sh"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", lambda name: account)


@pytest.mark.parametrize(
    ("uid", "program", "is_of_it"),
    [
        (0, "/usr/bin/python3", True),
        (DATABASES, "/usr/lib/postgresql/15/bin/postgres", True),
        (DATABASES, "/usr/bin/python3", False),
        (STRANGER, "/tmp/postgres", False),
    ],
)
def test_a_mark_that_another_user_makes_up_is_no_run(
    uid: int, program: str, is_of_it: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would keep every run from starting, and `faults clear` could end none of his."""
    monkeypatch.setattr(procs, "pids", lambda: [7])
    monkeypatch.setattr(procs, "read_stat", lambda pid: ("S", 1, 5))
    monkeypatch.setattr(procs, "_environment", lambda pid: MARK)
    monkeypatch.setattr(procs, "_uid", lambda pid: uid)
    monkeypatch.setattr(procs, "_link", lambda pid, name: program if name == "exe" else "/")
    monkeypatch.setattr(procs, "_runs_patroni", lambda pid: False)
    assert [one.run_id for one in procs.marked()] == ["x01-2026"] * is_of_it


@pytest.mark.parametrize(
    ("program", "uid", "proven"),
    [
        ("toxiproxy", 0, True),
        ("toxiproxy", DATABASES, False),
        ("payment_a", DATABASES, False),
        ("database", DATABASES, True),
        ("patroni", DATABASES, True),
        ("database", STRANGER, False),
    ],
)
def test_who_has_the_mark_of_a_run_and_is_another_user_hears_no_secret(
    program: str, uid: int, proven: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's user can read the mark of its database, and listen where a stand-in died."""
    ours = Site.__new__(Site)
    monkeypatch.setattr(ours, "recovery", Known(), raising=False)
    monkeypatch.setattr(ours, "address", lambda program: "127.0.0.1:20001")
    monkeypatch.setattr(site, "listening", lambda port: {"123": uid})
    monkeypatch.setattr(site, "holds_all", lambda processes, inodes: True)
    monkeypatch.setattr(site, "recorded", lambda state, program: [Proc(7, 5)])
    if proven:
        asyncio.run(ours.prove(program))
        return
    with pytest.raises(RuntimeFailure, match=r"somebody else listens at .*; nothing was sent"):
        asyncio.run(ours.prove(program))


@pytest.mark.parametrize("value", ["1e999", "NaN", "-1e999", '"x"'])
@pytest.mark.parametrize("field", ["group", "clock_t0_ns", "processes", "services", "owner"])
def test_a_recovery_state_with_a_number_that_is_none_is_not_used(
    field: str, value: str, tmp_path: Path
) -> None:
    """Said, and what carries the mark is ended all the same."""
    folders = RunFolders("x01-2026", tmp_path)
    state: dict[str, Any] = {
        **{"mark": MARK[procs.MARK], "run_id": "x01-2026", "owner": "99:1", "api": "127.0.0.1:9"},
        **{"services": {}, "links": {}, "processes": [], "group": 0},
        **{"clock_t0_ns": 1, "service_t0_ns": 1},
    }
    assert check_process(state, folders)["group"] == 0
    with pytest.raises(RuntimeFailure, match=r"not as this run wrote it.*; it is not used"):
        check_process({**state, field: json.loads(value)}, folders)


class Known:
    """A recovery file."""

    path = Path("recovery.json")

    def read(self) -> dict[str, Any]:
        """What a run consists of."""
        return STATE
