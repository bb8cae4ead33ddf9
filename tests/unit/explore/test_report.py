"""What a tired person reads, and what a program reads."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from harness.explore.confirm import Confirmation
from harness.explore.grouping import grouped
from harness.explore.plans import Broken, Fault, Minimal
from harness.explore.progress import ProgressReporter, line_of
from harness.explore.report import SearchReport, document, text
from harness.explore.result import STATE, Found

MONEY = Broken("no_double_payout", "loan l-1 was paid out 2 times at 0.30 s", 0.3)
RUDE = Broken("no_unexplained_failure", "submit sub-0 got HTTP 503 at 0.10 s", 0.1)
IDS = {"no_double_payout": ("M1",), "no_unexplained_failure": ("U3",)}


def one(point: str, mode: str, *broken: Broken) -> Minimal:
    """A set of one fault."""
    return Minimal((Fault(point, mode),), broken, ("POST /v1/payouts",))


def account(*minimal: Minimal, ended: str = "complete") -> SearchReport:
    """An account of what was found."""
    found = Found(
        list(minimal), 1_204, Counter({STATE: 77}), complete_to=3, seconds=2.0, ended=ended
    )
    groups = grouped(minimal, IDS)
    files = ["runs/x/01.yaml"]
    repeat, never = "harness explore", ["a->b"]
    return SearchReport("naive", ("consumer",), 1, 3, found, groups, never, "runs/x", repeat, files)


PAID_TWICE = account(
    one("l->g#1", "refused", RUDE),
    one("l->p#1", "reply_lost", RUDE, MONEY),
    one("l->p#1", "late", RUDE, MONEY),
)


def test_money_comes_first_and_modes_of_one_call_together() -> None:
    """The worst is read first, once."""
    lines = list(text(PAID_TWICE, 100))
    assert lines[0].startswith("BREAKS  design naive, consumer: 1 fault is enough; 2 ways")
    assert lines[2] == "1. no_double_payout, no_unexplained_failure"
    assert lines[3] == "   l->p#1 (POST /v1/payouts): reply_lost or late"
    assert lines[4] == "   loan l-1 was paid out 2 times at 0.30 s"
    assert lines[5] == "   01.yaml"


def test_numbers_and_the_way_back_end_the_text() -> None:
    """Explored, pruned by which rule, how far, and the command that does it again."""
    told = "\n".join(text(PAID_TWICE, 100))
    for part in ("explored 1,204", "602/s", "complete up to 3 faults", "pruned 77", "a->b"):
        assert part in told
    assert told.endswith("repeat  harness explore")


def test_no_line_is_wider_than_the_terminal() -> None:
    """Text that runs out of the window is not read."""
    assert max(map(len, text(PAID_TWICE, 60))) <= 60


def test_nothing_found_says_how_far_was_looked() -> None:
    """ "No finding" without its extent would be worth nothing."""
    told = next(text(account(), 100))
    assert told.startswith("NOTHING BREAKS")
    assert "up to 3 faults" in told


def test_an_environment_is_part_of_what_is_said() -> None:
    """Without it `nothing breaks` would be said of the ordinary world."""
    nothing = replace(account(), environment=("payout=pending",))
    assert "consumer, payout=pending: every set" in " ".join(text(nothing, 200))


def test_exit_codes_follow_from_what_was_found() -> None:
    """0 nothing breaks, 1 something does, 130 interrupted."""
    assert account().exit_code == 0
    assert PAID_TWICE.exit_code == 1
    assert account(ended="interrupted").exit_code == 130


def test_a_search_that_came_to_nothing_is_inconclusive() -> None:
    """Within a second, nothing breaks: that is no pass."""
    for upto, said in ((-1, "nothing was looked at"), (0, "not every single fault")):
        short = account(ended="budget")
        short.found.complete_to = upto
        assert short.exit_code == 3
        assert said in next(text(short, 200))
        assert replace(short, faults=0).exit_code == (0 if upto == 0 else 3)


def test_agreement_of_real_parts_stands_beside_the_finding() -> None:
    """A finding that real parts do not show is another kind of finding."""
    told = account(one("l->p#1", "late", MONEY))
    told.confirmed.append(
        Confirmation("runs/x/01.yaml", "process", ("a", "b"), ("a",), "M1 broke at 6.1 s", "fail")
    )
    lines = "\n".join(text(told, 100))
    assert "on process: agrees in part; M1 broke at 6.1 s" in lines
    assert "confirmed on real parts: 1 of 1 run" in lines


def test_the_document_holds_every_set() -> None:
    """A program gets what a person gets, ungrouped, as JSON."""
    data = json.loads(json.dumps(document(PAID_TWICE)))
    modes = [one["faults"][0]["mode"] for one in data["minimal"]]
    assert modes == ["reply_lost", "late", "refused"]
    assert data["minimal"][0]["broken"][0]["invariant"] == "no_double_payout"
    assert data["pruned"][STATE]["count"] == 77
    assert data["complete_to"] == 3


def test_progress_names_what_is_done_and_how_fast() -> None:
    """Whoever waits sees that it lives, how fast it is, and whether it found something."""
    found = account().found
    assert line_of(found, 2) == "2 faults  1,204 scenarios  602/s  0 that break a promise"
    found.swarm = 1
    assert line_of(found, 7).startswith("swarm  ")


def test_where_nobody_looks_progress_is_rare(capsys: pytest.CaptureFixture[str]) -> None:
    """A log of a short search holds no line of progress at all."""
    with ProgressReporter(60.0) as tell:
        tell(account().found, 1)
    assert capsys.readouterr().err == ""
