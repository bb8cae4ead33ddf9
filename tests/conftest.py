"""What holds for every test: no proxy of the machine, and unit tests stay inside their process."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import pytest

TESTS = Path(__file__).parent
UNIT = TESTS / "unit"
TIERS = ("unit", "sim", "conformance", "process", "docker", "meta")
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE")
OUTWARD = ("bind", "connect", "connect_ex", "sendto")
REAL_SLEEP = time.sleep


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test's folder is its tier, so `-m unit` needs no mark in any file."""
    for item in items:
        tier = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if tier in TIERS:
            item.add_marker(tier)


BUDGET_S = {"unit": 60, "meta": 240, "sim": 180, "docs": 60, "conformance": 120, "process": 300,
            "docker": 240}  # fmt: skip
"""Of each tier, on two cores; printed beside what was spent, never asserted."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What each tier spent of its budget."""
    spent: dict[str, float] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                tier = report.nodeid.removeprefix("tests/").partition("/")[0]
                spent[tier] = spent.get(tier, 0.0) + report.duration
    for tier, seconds in spent.items():
        budget = f" of {BUDGET_S[tier]} s" if tier in BUDGET_S else ""
        terminalreporter.write_line(f"tier {tier}: {seconds:.0f} s{budget}")


@pytest.fixture(autouse=True)
def no_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment must not come between a test and its own loopback."""
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(autouse=True)
def unit_tests_stay_inside(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In tests/unit, sleeping and sockets raise; an event loop's own socket pair does neither."""
    if not request.path.is_relative_to(UNIT):
        return
    monkeypatch.setattr(time, "sleep", _sleep)
    monkeypatch.setattr(socket, "getaddrinfo", _no_socket)
    for name in OUTWARD:
        monkeypatch.setattr(socket.socket, name, _no_socket)


def _sleep(seconds: float) -> None:
    if sys._getframe(1).f_globals.get("__name__") != "subprocess":
        pytest.fail(f"time.sleep({seconds}) in a unit test: give the code a clock instead")
    REAL_SLEEP(seconds)  # the standard library's own wait for a child that has just ended


def _no_socket(*args: Any, **_: Any) -> NoReturn:
    pytest.fail(f"a socket in a unit test ({args[1:]}): use a fake, or move it to tests/process")
