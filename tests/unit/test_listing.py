"""What `harness list` says of the words of a target."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from harness.authoring.sections import SECTIONS
from harness.cli.endings import known
from harness.cli.main import app

MINE = Path(__file__).parents[2] / "docs/examples/mylender/target.yaml"


def listed(*words: str) -> Result:
    """The command, carried out."""
    return CliRunner().invoke(app, ["list", *words])


def entries(section: str, *words: str) -> dict[str, Any]:
    """Of one section by name, as a script reads them."""
    return {
        one["name"]: one
        for one in json.loads(listed(section, *words, "--output", "json").stdout)[section]
    }


@pytest.mark.parametrize(
    ("section", "word", "said"),
    [
        ("experiments", "X01", {"stem": "x01_payment_reply_lost", "faults": ["timeout"]}),
        ("designs", "hardened", {}),
        ("faults", "disconnect", {"needs": "network", "runtimes": ["docker"]}),
        ("links", "lending->payment_a", {"caller": "lending", "protocol": "http"}),
        ("services", "payment_a", {"role": "payment_gateway", "scripted": True}),
        ("operations", "submit", {"about": "POST /v1/applications"}),
        ("operations", "repay", {"failures": "failed_repayments"}),
        ("measures", "latency_p99", {"quantity": "time"}),
        ("invariants", "no_double_payout", {"ids": ["M1"]}),
        ("journeys", "consumer", {}),
        ("runtimes", "sim", {"needs": "Python"}),
    ],
)  # fmt: skip
def test_a_section_says_of_each_word_what_a_script_may_ask(
    section: str, word: str, said: dict[str, object]
) -> None:
    """Names as documents take them, a line for people, and what else is known."""
    entry = entries(section)[word]
    assert entry["about"]
    assert {**entry, **said} == entry


def test_every_section_is_printed_for_people() -> None:
    """With its name where there are several, without where it was asked for."""
    together = listed().stdout.splitlines()
    assert [line.strip() for line in together if line.strip() in SECTIONS] == list(SECTIONS)
    alone = listed("links").stdout
    assert alone.splitlines()[0].startswith("borrower->lending")


def test_the_words_are_those_of_the_target() -> None:
    """Somebody's own service: its links and operations; experiments on other services are none."""
    mine = ("--target", str(MINE))
    assert set(entries("operations", *mine)) == {"create_loan", "read_loan"}
    assert "mylender->gateway" in entries("links", *mine)
    others = listed("experiments", *mine)
    assert "X01" not in others.stdout
    assert "about another target" in others.stderr


def test_a_section_that_there_is_not_is_refused() -> None:
    """The nearest one is named, and all of them."""
    code, (problem,) = known(listed("fautls").exception or AssertionError())
    assert (code, problem.cause) == (2, "no section 'fautls'; did you mean 'faults'?")
    assert "operations" in problem.allowed
