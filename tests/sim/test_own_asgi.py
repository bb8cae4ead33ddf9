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


READ = "async def read(self, request: Request) -> JSONResponse:\n"


@pytest.mark.parametrize(
    ("put", "by", "code", "said"),
    [
        (READ, READ + "        sys.exit(0)\n", 1, "lender ended unasked (exit code 0)"),
        (READ, READ + "        sys.exit('no more memory')\n", 1, "last words: no more memory"),
        ("    return app(env, ar", "    sys.exit(0)\n    return app(env, ar", 4, "did not start"),
    ],
)
def test_a_service_that_ends_itself_does_not_end_the_run(
    lender: Path, tmp_path: Path, put: str, by: str, code: int, said: str
) -> None:
    """Its exit code 0 is no pass, its 1 no weakness: it is a program that is gone."""
    folder = shutil.copytree(lender, tmp_path / "ends", ignore=lambda *_: ("runs",))
    written = (
        (folder / "lender.py").read_text().replace("import os\n", "import os\nimport sys\n", 1)
    )
    (folder / "lender.py").write_text(written.replace(put, by, 1))
    run = harness(folder, *RUN)
    assert (run.returncode, said in run.stdout) == (code, True), run.stdout + run.stderr


def test_a_search_finds_the_smallest_set_of_faults(lender: Path) -> None:
    """One lost reply is enough; the experiment that it writes knows what it is about."""
    argv = ("--target", "target.yaml", "--journey", "borrow", "--faults", "1", "--no-swarm")
    search = harness(lender, "explore", *argv, "--workers", "1")
    assert search.returncode == 1, search.stdout + search.stderr
    assert "paid_once\n   lender->gateway#1 (POST /v1/payouts)" in search.stdout
    (found,) = (lender / "runs").glob("explore-as-it-is/20*/01_paid_once.yaml")
    again = harness(lender, "run", str(found), "--runtime", "sim", "--seed", "1")
    assert again.returncode == 1, again.stdout + again.stderr


def test_each_dependency_is_broken_and_no_design_is_named_that_it_has_not(lender: Path) -> None:
    """What a file declares is what users see; the head speaks of this target."""
    folder = shutil.copytree(lender, lender / "declared", ignore=lambda *_: ("declared", "runs"))
    declared = "degradation: {create_loan: {gateway: {all: SHED}}}\n"
    (folder / "target.yaml").write_text((folder / "target.yaml").read_text() + declared)
    matrix = harness(folder, "matrix", "--target", "target.yaml", "--condition", "down")
    assert matrix.returncode == 0, matrix.stdout + matrix.stderr
    assert "PASS  design as-it-is, on sim" in matrix.stdout
    suite = harness(folder, "run", ".", "--runtime", "sim", "--seed", "1")
    assert "suite selection, design as-it-is, runtime sim" in suite.stdout, suite.stderr
    far = harness(folder, "envelope", "reply_lost.yaml", "--vary", "for=1s..2s")
    assert "reply is lost, design as-it-is, on sim" in far.stdout, far.stdout + far.stderr


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


ANSWERS = """
ANSWERS = [b"[" * 100_000, b'{"id": "%s"}' % (b"x" * 2**20), b'{"id": NaN}', b"\\xff", b"{}"]


def simulated(*_):
    given = 0

    async def app(scope, receive, send):
        nonlocal given
        if scope["type"] == "http":
            given += scope["path"] == "/x"
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": ANSWERS[given % len(ANSWERS)]})

    return app
"""
TARGET = """
target: odd
entry: odd
programs:
  odd: {asgi: "odd.py:simulated", ready: {get: /}}
operations: {ask: {get: /x}}
journeys: {asks: [{do: ask}]}
promises: {}
"""
ODD = """
title: Odd answers
load: {arrivals: 40/s, journeys: {asks: 1}}
steady-state-hypothesis:
  title: asked
  probes: [{name: asked, measure: served_ratio, of: ask, tolerance: ">= 0.9"}]
method: [{at: 2s, for: 1s, fault: latency, link: borrower->odd, delay: 100ms}]
recovery: 3s
objectives: {recovery: 1s, answer: 3s}
invariants: [evidence_complete]
blast-radius: {links: [borrower->odd]}
"""


def test_whatever_a_service_answers_the_run_ends_and_can_be_read(tmp_path: Path) -> None:
    """Deeper than a parser goes, longer than a line of the history may be, no JSON, no text."""
    for name, text in (("odd.py", ANSWERS), ("target.yaml", TARGET), ("odd.yaml", ODD)):
        (tmp_path / name).write_text(text)
    run = harness(tmp_path, "run", "odd.yaml", "--runtime", "sim", "--seed", "1")
    assert run.returncode == 0, run.stdout + run.stderr
    report = harness(tmp_path, "report")
    assert report.returncode == 0, report.stderr
