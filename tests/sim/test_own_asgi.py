"""An ASGI service by one file of YAML: in virtual time, searched, run again the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.hostile import fill, harness

EXAMPLE = Path(__file__).parents[2] / "docs/examples/asgilender"
RUN = ("run", "reply_lost.yaml", "--runtime", "sim", "--seed", "1")
SQL = '  none: {claim: Nothing is open., sql: "SELECT 1", rows: 0}\n'


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, among modules that have the names of ours."""
    folder = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("asgi") / "lender")
    fill(folder)
    return folder


def test_it_pays_twice_until_it_is_mended_and_replays_the_same(lender: Path) -> None:
    """The finding of the run on sockets, from a seed."""
    run = harness(lender, *RUN)
    assert (run.returncode, "paid_once" in run.stdout) == (1, True), run.stdout + run.stderr
    replay = harness(lender, "replay")
    assert (replay.returncode, replay.stdout[:4]) == (0, "same"), replay.stderr
    mended = harness(lender, *RUN, "--design", "mended.yaml")
    assert (mended.returncode, "PASS" in mended.stdout) == (0, True), mended.stdout


def test_a_search_finds_the_smallest_set_of_faults(lender: Path) -> None:
    """One lost reply is enough; the experiment that it writes knows what it is about."""
    argv = ("--target", "target.yaml", "--journey", "borrow", "--faults", "1", "--no-swarm")
    search = harness(lender, "explore", *argv, "--workers", "1")
    assert search.returncode == 1, search.stdout + search.stderr
    assert "paid_once\n   lender->gateway#1 (POST /v1/payouts)" in search.stdout
    (found,) = (lender / "runs").glob("explore-as-it-is/20*/01_paid_once.yaml")
    again = harness(lender, "run", str(found), "--runtime", "sim", "--seed", "1")
    assert again.returncode == 1, again.stdout + again.stderr


def test_what_there_is_not_in_virtual_time_is_said(lender: Path) -> None:
    """A query is unknown where there is no database; a program on sockets is refused by name."""
    (lender / "sql").mkdir()
    for name in ("lender.py", "reply_lost.yaml", "target.yaml"):
        shutil.copy(lender / name, lender / "sql" / name)
    target, experiment = lender / "sql/target.yaml", lender / "sql/reply_lost.yaml"
    written = target.read_text().replace("  gateway:\n", "  books: {postgres: {}}\n  gateway:\n", 1)
    target.write_text(written + SQL)
    experiment.write_text(experiment.read_text().replace("[paid_once, ", "[none, "))
    run = harness(lender / "sql", *RUN, "--design", "../mended.yaml")
    assert run.returncode == 3, run.stdout + run.stderr
    assert "none is unknown: the query" in run.stdout
    target.write_text(target.read_text().replace("    asgi: lender.py:simulated\n", ""))
    refused = harness(lender / "sql", *RUN)
    assert refused.returncode == 2
    assert "does not run on sim: lender is a program on sockets" in refused.stderr
