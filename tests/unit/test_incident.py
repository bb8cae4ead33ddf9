"""Reports of an incident: rules that cannot be, when a report is complete, what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.oversight.classification import classified
from harness.oversight.incident import Incident, Seen
from harness.oversight.incident_report import as_markdown
from harness.oversight.reports import pack
from harness.oversight.rules import load_rules

RULES = """\
title: Ours
time-scale: 60
in-doubt-after-s: 5
rules:
  - id: major
    class: major
    criteria:
      - {measure: users_hit_share, at-least: 0.2}
      - {measure: duration_h, at-least: 0.1}
      - {measure: acknowledged_lost, at-least: 1}
    needed: 2
    source: an act, article 1
    verified: false
    reports:
      - {report: initial, within-h: 1, after: classified, fields: [detected, users_so_far]}
      - {report: final, within-h: 0.25, after: initial, fields: [ended, users_total, money_total]}
"""
WRONG = """\
title: Ours
in-doubt-after-s: 5
rules:
  - id: a
    class: major
    criteria: [{measure: users_hurt, at-least: 1}]
    needed: 2
    source: " "
    verified: true
    reports:
      - {report: final, within-h: 1, after: initial, fields: [detected, colour]}
  - {id: a, class: b, criteria: [{measure: users_hit, at-least: 1}], source: x, verified: true,
     reports: [{report: detected, within-h: 1, after: detected, fields: [ended]}]}
"""
FOUND = Incident(
    detected_s=12.0,
    untold=False,
    mitigated_s=18.0,
    ended_s=20.0,
    mended_s=16.0,
    length_s=30.0,
    users=(Seen(10.0, "ann", events=(5,)), Seen(14.0, "bob", events=(7,))),
    money=(Seen(15.0, "payout 2 for loan-1", 500),),
    broken=(),
    open_minor=500,
    seen_users=10,
    lost=0,
    causes=("down at a->b, 9.0 to 16.0 s",),
    ledgers=(("gateway", 3),),
)


def the_rules(tmp_path: Path, text: str = RULES) -> Path:
    """A file of rules."""
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    return path


def test_a_report_is_complete_once_its_last_field_is_known(tmp_path: Path) -> None:
    """Classified by the second criterion, at 16 s; the final one waits for the ledgers."""
    rules = load_rules(the_rules(tmp_path))
    told = pack(FOUND, rules, classified(FOUND, rules))
    (rule,) = told["rules"]
    assert [one["at_s"] for one in rule["criteria"]] == [14.0, 16.0, None]
    assert (rule["applies"], rule["classified_s"]) == (True, 16.0)
    initial, final = told["reports"]
    assert (initial["took_min"], initial["limit_min"], initial["met"]) == (0.0, 60.0, True)
    assert [one["what"] for one in initial["fields"]["users_so_far"]["of"]] == ["ann", "bob"]
    assert (final["from_s"], final["complete_s"], final["took_min"]) == (16.0, 30.0, 14.0)
    assert final["fields"]["money_total"]["still_in_doubt_minor"] == 500
    assert told["exit_code"] == 0
    page = as_markdown({**told, "run": "r", "repeat": "harness incident r"}, final)
    assert "10.000 s: ann (1, events 5)" in page
    assert "an act, article 1 (not verified)" in page


def test_what_nobody_detects_is_never_complete(tmp_path: Path) -> None:
    """And one that is late is late; missing evidence is no success."""
    rules = load_rules(the_rules(tmp_path))
    blind = replace(FOUND, detected_s=None)
    told = pack(blind, rules, classified(blind, rules))
    assert told["exit_code"] == 1
    assert [one["met"] for one in told["reports"]] == [False, False]
    assert "detected" in told["reports"][0]["missing"]
    untold = pack(replace(blind, untold=True), rules, classified(blind, rules))
    assert (untold["exit_code"], untold["reports"][0]["met"]) == (3, None)
    late = replace(FOUND, length_s=32.0)
    assert pack(late, rules, classified(late, rules))["exit_code"] == 1
    torn = replace(FOUND, gaps=("no ledger of gateway",))
    assert pack(torn, rules, classified(torn, rules))["exit_code"] == 3
    calm = replace(FOUND, users=(), money=(), detected_s=None)
    assert pack(calm, rules, classified(calm, rules))["reports"] == []


def test_rules_that_cannot_be_are_refused_with_every_place(tmp_path: Path) -> None:
    """A source above all."""
    path = the_rules(tmp_path, RULES.replace("    source: an act, article 1\n", ""))
    with pytest.raises(ConfigError, match=r"rules.yaml:5:5: rules.0.source is missing"):
        load_rules(path)
    path = the_rules(tmp_path, WRONG)
    with pytest.raises(ConfigError) as caught:
        load_rules(path)
    text = str(caught.value)
    for part in (
        ":6:26: unknown measure 'users_hurt'; did you mean 'users_hit'?",
        ":7:13: a needs 2 of 1 criteria",
        ":8:13: a names no source",
        ":11:45: unknown instant 'initial'",
        ":11:73: unknown field 'colour'",
        f":12:10: id 'a' stands already at {path}:4:9",
        "report 'detected' stands already",
    ):
        assert part in text, text


@pytest.mark.parametrize(("length_s", "met"), [(30.0, None), (32.0, False)])
def test_a_history_that_is_cut_off_shows_no_report_late_before_its_time(
    tmp_path: Path, length_s: float, met: bool | None
) -> None:
    """What came afterwards nobody knows; a quarter of an hour that had passed by then has passed.

    A second of the run is a minute: the time of the final report is over at 31 s.
    """
    rules = load_rules(the_rules(tmp_path))
    cut = replace(FOUND, ended_s=None, length_s=length_s, cut=True, gaps=("cut off",))
    told = pack(cut, rules, classified(cut, rules))
    initial, final = told["reports"]
    assert (initial["met"], final["met"]) == (True, met)
    assert final["missing"] == ["ended", "users_total", "money_total"]
    assert told["exit_code"] == (1 if met is False else 3)


def test_a_history_that_is_cut_off_before_anybody_knew_shows_nothing_late(tmp_path: Path) -> None:
    """Whether it would have been detected nobody knows either."""
    rules = load_rules(the_rules(tmp_path))
    cut = replace(FOUND, detected_s=None, length_s=100.0, cut=True, gaps=("cut off",))
    told = pack(cut, rules, classified(cut, rules))
    assert [one["met"] for one in told["reports"]] == [None, None]
    assert told["exit_code"] == 3
