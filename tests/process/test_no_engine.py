"""Machines without a Docker engine, or with one that does not let us in: cause and remedy."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import RuntimeFailure
from harness.runtimes.docker.engine import connect

HARNESS = Path(sys.executable).with_name("harness")


def test_a_command_names_the_socket_and_how_to_get_an_engine() -> None:
    """The first thing that people on a bare machine read; exit 4."""
    done = subprocess.run(
        [HARNESS, "images", "list"],
        env={**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "/nowhere/docker.sock: no Docker engine answers" in done.stderr
    assert "apt-get install docker.io" in done.stderr


def test_a_socket_that_nobody_listens_on_is_no_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an engine that was killed leaves behind."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead.sock"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/dead.sock")
    with pytest.raises(RuntimeFailure, match="Connection refused"):
        connect()


def test_an_engine_on_another_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its containers have another clock and other addresses."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.1:2375")
    with pytest.raises(RuntimeFailure, match="engine on this machine"):
        connect()


def test_a_socket_that_does_not_let_us_in_names_the_group_to_join(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commonest first failure of people who are not root."""
    path, me = tmp_path / "closed.sock", os.geteuid()
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(path))
        engine.listen()
        path.chmod(0)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        if me == 0:
            os.seteuid(65_534)  # root is let in everywhere
        try:
            with pytest.raises(RuntimeFailure, match=r"does not let this user in.*usermod -aG"):
                connect()
        finally:
            os.seteuid(me)
