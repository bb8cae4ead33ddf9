"""What a program of a run gets of our environment: little, and by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import harness
from harness.runtimes.real.procs import clean_env

SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "k",
    "GITHUB_TOKEN": "k",
    "PGPASSWORD": "k",
    "HARNESS_TOKEN": "k",
    "https_proxy": "http://user:password@proxy",
    "LD_PRELOAD": "/tmp/theirs.so",
}


def test_a_key_in_our_environment_reaches_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's user can read what PostgreSQL was given."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    given = clean_env()
    assert given.keys() & SECRETS.keys() == set()
    assert {"PATH", "LC_ALL"} <= given.keys()


def test_what_a_service_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lender's own service may read variables of its own."""
    monkeypatch.setenv("LENDER_REGION", "north")
    monkeypatch.setenv("LENDER_KEY", "k")
    monkeypatch.setenv("HARNESS_PASS_ENV", "LENDER_REGION, NOT_THERE")
    given = clean_env()
    assert given["LENDER_REGION"] == "north"
    assert given.keys() & {"LENDER_KEY", "NOT_THERE"} == set()


def _modules() -> list[Path]:
    return sorted(Path(str(harness.__file__)).parent.rglob("*.py"))


def test_no_interpreter_that_is_started_searches_the_working_folder_for_modules() -> None:
    """Whoever may write to it would have his own harness/ run by whoever works there."""
    started = re.compile(r'sys\.executable,\s*"-(?!P")')
    assert not [str(file) for file in _modules() if started.search(file.read_text())]
