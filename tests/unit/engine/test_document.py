"""A document's every problem is named with its place, what is allowed and the nearest word."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.document import find_experiment, load_experiment
from harness.errors import ConfigError
from harness.registry import experiment_files, load_vocabulary

GOOD = """\
title: A slow gateway
tags: [X99]
load: {arrivals: 20/s, journeys: {consumer: 1}}
steady-state-hypothesis:
  title: served
  probes: [{name: acks, measure: ok_ratio, of: submit, tolerance: ">= 0.99"}]
method:
  - {at: 5s, for: 4s, fault: latency, link: lending->payment_a, delay: 300ms}
recovery: 5s
invariants: [no_double_payout]
blast-radius: {links: [lending->payment_a]}
"""


def problems_of(tmp_path: Path, text: str) -> list[str]:
    """What the document's error says, a line a problem."""
    path = tmp_path / "doc.yaml"
    path.write_text(text)
    try:
        load_experiment(path, load_vocabulary())
    except ConfigError as error:
        return [str(problem).replace(str(tmp_path), "") for problem in error.problems]
    return []


def test_a_good_document_becomes_an_experiment_with_times_in_seconds(tmp_path: Path) -> None:
    """Units are parsed and the timeline is worked out."""
    path = tmp_path / "doc.yaml"
    path.write_text(GOOD)
    experiment = load_experiment(path, load_vocabulary())
    assert (experiment.id, experiment.baseline_s, experiment.load_s) == ("X99", 5.0, 14.0)
    assert experiment.steps[0].fault.where == "lending->payment_a"


def test_a_title_is_one_line(tmp_path: Path) -> None:
    """Else a title prints lines of its own, a verdict for one."""
    path = tmp_path / "doc.yaml"
    path.write_text(GOOD.replace("A slow gateway", '"Slow\\nPASS  all is well"'))
    assert load_experiment(path, load_vocabulary()).title == "Slow PASS all is well"


@pytest.mark.parametrize("where", ["database", "payment_a", "lending"])
def test_a_fault_of_a_stand_in_is_refused_where_no_stand_in_can_do_it(
    tmp_path: Path, where: str
) -> None:
    """Else the run would break down in the middle, with the system up."""
    fault = "fault: latency, link: lending->payment_a, delay: 300ms"
    text = GOOD.replace(fault, f"fault: score, service: {where}, value: null")
    text = text.replace("links: [lending->payment_a]", f"services: [{where}]")
    assert problems_of(tmp_path, text) == [
        f"/doc.yaml:8:{text.splitlines()[7].index(where) + 1}: score at {where}: it is no stand-in "
        "that can do this; allowed: risk"
    ]


@pytest.mark.parametrize("where", ["payment_a", "lending"])
@pytest.mark.parametrize("fault", ["demote", "promote", "replica_lag, lag: 1s", "full_disk"])
def test_what_only_a_database_has_is_refused_elsewhere(
    tmp_path: Path, where: str, fault: str
) -> None:
    """Else the document is valid, and its run breaks down in the middle, with the system up."""
    good = "fault: latency, link: lending->payment_a, delay: 300ms"
    text = GOOD.replace(good, f"fault: {fault}, service: {where}")
    text = text.replace("links: [lending->payment_a]", f"services: [{where}]")
    (problem,) = problems_of(tmp_path, text)
    assert problem.startswith("/doc.yaml:8:")
    assert problem.endswith(f" at {where}: it is no database; allowed: database")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("reply_lost, service: payment_a, op: create_payuot", "did you mean 'create_payout'"),
        ("reply_lost, service: payment_a, op: callback", "create_debit, inquire, statement"),
        ("decline, service: payment_a, op: score", "allowed: *, create_payout, create_debit"),
        ("decline, service: policy", "none of its calls can show it"),
    ],
)
def test_an_operation_that_the_stand_in_never_shows_it_at_is_refused(
    tmp_path: Path, fault: str, said: str
) -> None:
    """Else the stand-in refuses the rule in the middle of the run, and it ends as an accident."""
    text = GOOD.replace("latency, link: lending->payment_a, delay: 300ms", fault)
    text = text.replace("{links: [lending->payment_a]}", "{services: [payment_a, policy]}")
    (problem,) = problems_of(tmp_path, text)
    assert problem.startswith("/doc.yaml:8:")
    assert said in problem


@pytest.mark.parametrize("goal", ["recovery", "ack", "answer", "mitigate", "degraded"])
def test_an_objective_that_nobody_can_keep_is_refused(tmp_path: Path, goal: str) -> None:
    """Within 0 s of something nothing happens: every design would be blamed for it."""
    assert problems_of(tmp_path, f"{GOOD}objectives: {{{goal}: 0s}}\n") == [
        f"/doc.yaml:12:{16 + len(goal)}: objectives.{goal}: 0s: nobody could keep it; "
        "allowed: above 0s .. 24h"
    ]


def test_a_role_stands_for_everybody_who_plays_it(tmp_path: Path) -> None:
    """One fault a funder, and the blast radius means the same; a name goes before a role."""
    text = GOOD.replace("lending->payment_a", "lending->funding_provider")
    path = tmp_path / "doc.yaml"
    path.write_text(text)
    experiment = load_experiment(path, load_vocabulary())
    links = [f"lending->funding_{one}" for one in "abc"]
    assert [step.fault.where for step in experiment.steps] == links
    assert experiment.blast.links == {*links}
    one_allowed = text.replace("links: [lending->funding_provider]", "links: [lending->funding_a]")
    assert "does not name" in problems_of(tmp_path, one_allowed)[0]
    nobody = text.replace("funding_provider", "notary")
    assert "unknown link 'lending->notary'" in problems_of(tmp_path, nobody)[0]


def test_every_experiment_that_comes_along_is_valid() -> None:
    """A broken document in the box would be found by a user first."""
    words = load_vocabulary()
    assert len([load_experiment(path, words) for path in experiment_files().values()]) >= 3


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("fault: latency", "fault: latencey", "unknown fault 'latencey'; did you mean 'latency'?"),
        ("delay: 300ms", "delay: -300ms", "'-300ms' is out of range; allowed: 0s .. 24h"),
        ("delay: 300ms", "delay: 300", "300 has no unit; write 300s, 300ms"),
        ("delay: 300ms", "delay: 30m", "allowed: delay 1ms..10m"),
        ("delay: 300ms", "dellay: 300ms", "unknown key 'dellay'; did you mean 'delay'?"),
        ("link: lending->payment_a", "link: lending->payment_x",
         "unknown link 'lending->payment_x'; did you mean"),
        ("recovery: 5s", "recovrey: 5s", "unknown key 'recovrey'; did you mean 'recovery'?"),
        ("arrivals: 20/s", "arrivals: 0/s", "'0/s' is out of range; allowed: above 0/s"),
        ("arrivals: 20/s", "arrivals: fast", "'fast' is no rate"),
        ("consumer: 1", "consummer: 1",
         "/doc.yaml:3:35: unknown journey 'consummer'; did you mean 'consumer'?"),
        ("consumer: 1", "consumer: -1", "journeys.consumer: weight -1"),
        ("[no_double_payout]", "[no_double_payouts]",
         "/doc.yaml:10:14: unknown invariant 'no_double_payouts'"),
        ("of: submit", "of: submitt", "unknown operation 'submitt'; did you mean 'submit'?"),
        ("measure: ok_ratio", "measure: okay", "unknown measure 'okay'"),
        ('">= 0.99"', '"about 1"', "'about 1' is no condition"),
        ('">= 0.99"', '">= 99"', "/doc.yaml:6:67: '>= 99' can never hold: ok_ratio is a number in "
         "0..1 without a unit; try: '>= 0.99'"),
        ('">= 0.99"', '">= 99%"', "% is no unit of it; try: '>= 0.99'"),
        ('">= 0.99"', '">= 990ms"', "/doc.yaml:6:67: ok_ratio is a number in 0..1 without a unit, "
         "and ms is no unit of it"),
        ('">= 0.99"', '"> 1"', "'> 1' can never hold"),
        ('">= 0.99"', '"served_ratio >= 0.99"',
         "the limit names served_ratio, the measure is ok_ratio; try: leave served_ratio "),
        ('ok_ratio, of: submit, tolerance: ">= 0.99"',
         'latency_p99, of: submit, tolerance: "< 800"',
         "latency_p99 is a time and '< 800' has no unit; try: '< 800ms' or '< 800s'"),
        ('ok_ratio, of: submit, tolerance: ">= 0.99"',
         'latency_p99, of: submit, tolerance: "< 0ms"',
         "'< 0ms' can never hold: latency_p99 is a time with its unit, above 0ms and up to 24h"),
        ("payment_a]}", "payment_a], abort-when: failed_applications > 200ms}",
         "/doc.yaml:11:57: failed_applications is a whole number of 0 or more without a unit, and "
         "ms is no unit of it"),
        ("payment_a]}", "payment_a], abort-when: failed_submits > 5}",
         "failed_operations, failed_applications, failed_application, failed_read_loan"),
        ("payment_a]}", "payment_a], abort-when: failed_applications > 0.5}",
         "'failed_applications > 0.5' can never hold"),
        ("payment_a]}", "payment_a], abort-when: failed_applications < 5}",
         "holds before anything has happened: the run would end at once"),
        ("links: [lending->payment_a]", "links: []", "which the blast radius does not name"),
        ("for: 4s", "for: 0s", "for: 0s; allowed: at least 0.05s"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_remedy(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    """Each kind of mistake a person makes gives the line that helps."""
    assert old in GOOD
    assert expected in "\n".join(problems_of(tmp_path, GOOD.replace(old, new)))


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    """Nobody wants to fix a document one run at a time."""
    text = (
        GOOD.replace("fault: latency", "fault: x").replace("consumer", "y").replace("submit", "z")
    )
    assert len(problems_of(tmp_path, text)) >= 3


def test_text_that_is_no_yaml_says_where(tmp_path: Path) -> None:
    """A stray bracket gives a line and a column, not a traceback."""
    (line,) = problems_of(tmp_path, "title: [unclosed\nload: {}\n")
    assert "not valid YAML" in line
    assert "/doc.yaml:2" in line


def second(tmp_path: Path, step: str, first: str = "") -> list[str]:
    """Problems of a document with one more fault."""
    step = "  - " + step + "\n"
    text = GOOD.replace("recovery: 5s", step + "recovery: 5s")
    text = text.replace("links: [lending->payment_a]",
                        "links: [lending->payment_a], services: [payment_a, database]")  # fmt: skip
    return problems_of(tmp_path, text.replace("method:\n", f"method:\n{first}"))


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("", "{at: 7s, for: 4s, fault: down, link: lending->payment_a}"),
        ("", "{at: 6s, for: 4s, fault: latency, link: lending->payment_a, delay: 1s}"),
        ("{at: 6s, for: 4s, fault: slow, service: payment_a, delay: 1s}",
         "{at: 7s, for: 9s, fault: callback_lost, service: payment_a}"),
        ("{at: 6s, for: 8s, fault: replica_lag, service: database, lag: 1h}",
         "{at: 8s, for: 1s, fault: crash, service: database}"),
        ("{at: 6s, for: 3s, fault: crash, service: payment_a}",
         "{at: 9s, for: 3s, fault: crash, service: payment_a}"),
        ("{at: 6s, for: 9s, fault: slow, service: payment_a, delay: 1s}",
         "{at: 7s, for: 2s, fault: pause, service: payment_a}"),
        ("{at: 6s, for: 9s, fault: slow, service: payment_a, delay: 1s}",
         "{at: 7s, for: 2s, fault: crash, service: payment_a}"),
        ("{at: 6s, for: 9s, fault: reply_lost, service: payment_a}",
         "{at: 7s, for: 2s, fault: restart, service: payment_a}"),
    ],
)  # fmt: skip
def test_faults_at_one_place_compose(tmp_path: Path, first: str, then: str) -> None:
    """Toxics stack, rules stack, a late standby can lose its primary."""
    assert second(tmp_path, then, f"  - {first}\n" if first else "") == []


@pytest.mark.parametrize(
    ("first", "then", "why"),
    [
        ("{at: 6s, for: 4s, fault: crash, service: payment_a}",
         "{at: 7s, for: 4s, fault: crash, service: payment_a}", "there is no process"),
        ("{at: 6s, for: 9s, fault: pause, service: payment_a}",
         "{at: 7s, for: 2s, fault: crash, service: payment_a}", "ends with the process"),
        ("{at: 6s, for: 4s, fault: slow, service: payment_a, delay: 1s}",
         "{at: 7s, for: 9s, fault: crash, service: payment_a}", "no process to tell"),
        ("{at: 6s, for: 4s, fault: slow, service: payment_a, delay: 1s}",
         "{at: 7s, for: 9s, fault: pause, service: payment_a}", "hears nothing"),
        ("{at: 6s, for: 4s, fault: crash, service: payment_a}",
         "{at: 7s, for: 9s, fault: slow, service: payment_a, delay: 1s}", "there is no process"),
        ("{at: 6s, for: 4s, fault: restart, service: payment_a}",
         "{at: 6s, for: 9s, fault: reply_lost, service: payment_a}", "has it restarted"),
        ("{at: 6s, for: 4s, fault: cpu_limit, service: payment_a}",
         "{at: 7s, for: 9s, fault: cpu_limit, service: payment_a}", "one cpu_limit at a time"),
    ],
)  # fmt: skip
def test_faults_that_contradict_are_refused_with_the_reason(
    tmp_path: Path, first: str, then: str, why: str
) -> None:
    """Neither could be as written."""
    (line,) = second(tmp_path, then, f"  - {first}\n")
    assert why in line


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("for: 10ms", "for: 0.01s; allowed: at least 0.05s"),
        ("for: 1s, repeat: 3", "every: none; allowed: longer than for: 1s"),
        ("for: 1s, repeat: 3, every: 1s", "every: 1s; allowed: longer than for: 1s"),
        ("for: 1s, every: 3s", "only with repeat"),
    ],
)
def test_a_window_that_cannot_be_as_written_is_refused(tmp_path: Path, keys: str, why: str) -> None:
    """Before anything is started."""
    (line,) = second(tmp_path, f"{{at: 7s, {keys}, fault: down, link: lending->payment_a}}")
    assert why in line


def test_an_unknown_experiment_names_what_there_is() -> None:
    """An id with a typing error is answered with the ids."""
    with pytest.raises(ConfigError, match=r"no experiment 'X0'.*X01"):
        find_experiment("X0")


def test_an_experiment_is_found_by_id_name_and_path() -> None:
    """All three ways lead to the same file."""
    path = find_experiment("x01")
    assert find_experiment("x01_payment_reply_lost") == path
    assert find_experiment(str(path)) == path


@pytest.mark.parametrize(
    ("name", "tags", "said"),
    [
        ("x41_doc", "[X99]", "the file name says X41, the tag says X99"),
        ("doc", "[X98, X99]", "two ids: X98, X99"),
    ],
)
def test_an_experiment_has_one_id(tmp_path: Path, name: str, tags: str, said: str) -> None:
    """Found under one id and reported under another, nobody could look it up."""
    path = tmp_path / f"{name}.yaml"
    path.write_text(GOOD.replace("[X99]", tags))
    with pytest.raises(ConfigError, match=said):
        load_experiment(path, load_vocabulary())


@pytest.mark.parametrize(("name", "id_"), [("x41_doc", "X41"), ("x_ray", "x_ray")])
def test_without_a_tag_the_file_name_is_the_id(tmp_path: Path, name: str, id_: str) -> None:
    """The same by which it is found."""
    path = tmp_path / f"{name}.yaml"
    path.write_text(GOOD.replace("tags: [X99]\n", ""))
    assert load_experiment(path, load_vocabulary()).id == id_
