"""Where work may be sent."""

from __future__ import annotations

import os

import pytest

from harness.errors import ConfigError
from harness.pool.cluster import check


@pytest.mark.parametrize(
    "address", ["tls://far.example:8786", "tcp://127.0.0.1:1", "tcp://[::1]:1"]
)
def test_work_goes_to_this_machine_or_over_tls(address: str) -> None:
    """The scheduler is ours, or proves that it is."""
    check(address)


@pytest.mark.parametrize(
    "address",
    [
        "tcp://127.0.0.1:x",
        "tcp://far.example:8786",
        "tcp://192.0.2.7:8786",
        "127.0.0.1:8786",
        "tls://",
        "x",
    ],
)
def test_work_goes_nowhere_else(address: str) -> None:
    """A scheduler runs whatever it is sent, and whoever listens on the way could send more."""
    with pytest.raises(ConfigError, match="tls://"):
        check(address)


@pytest.mark.parametrize("uid", [65_534, os.geteuid()])
def test_work_goes_to_no_scheduler_of_another_user(
    uid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it answers is unpickled, so that it could run anything as us."""
    monkeypatch.setattr("harness.pool.cluster.listeners", lambda port: [("0" * 8, "1", uid)])
    if uid == os.geteuid():
        check("tcp://127.0.0.1")
    else:
        with pytest.raises(ConfigError, match="user nobody listens at tcp://127"):
            check("tcp://127.0.0.1")
