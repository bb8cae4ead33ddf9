"""A document that cannot end in a verdict is refused; one that is likely not to is warned of."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.document import load_experiment
from harness.errors import ConfigError
from harness.experiment import Experiment
from harness.feasibility import samples
from harness.measures import SAMPLES_MIN
from harness.registry import experiment_files, load_vocabulary

WORDS = load_vocabulary()
GOOD = """\
title: A gateway is down
objectives: {recovery: 5s}
load: {arrivals: 10/s, journeys: {consumer: 6, sme: 0, repayer: 4}}
steady-state-hypothesis:
  title: served
  probes: [{name: acks, measure: ok_ratio, of: submit, tolerance: ">= 0.99"}]
method:
  - {at: 10s, for: 8s, fault: down, link: lending->payment_a}
recovery: 15s
invariants: [limit_is_ones_own, recovers_within]
thresholds:
  - {measure: ok_ratio, of: read_limit, during: fault, tolerance: ">= 0.5"}
blast-radius: {links: [lending->payment_a]}
"""
STAGES = (
    "stages: [{for: 10s, arrivals: 10/s}, {for: 10s, arrivals: 30/s}, {for: 15s, arrivals: 10/s}]"
)


def load(tmp_path: Path, text: str) -> Experiment:
    """The experiment of a document."""
    path = tmp_path / "doc.yaml"
    path.write_text(text)
    return load_experiment(path, WORDS)


def refused(tmp_path: Path, text: str) -> str:
    """What a document is refused for, a line a problem."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    return "\n".join(str(problem) for problem in caught.value.problems)


def test_a_document_with_enough_of_everything_is_warned_of_nothing(tmp_path: Path) -> None:
    """A warning that is always there is read by nobody."""
    assert load(tmp_path, GOOD).warnings == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("at: 10s", "at: 0s", "doc.yaml:8:10: down at 0s leaves no baseline"),
        ("recovery: 15s", "recovery: 5s", "doc.yaml:9:11: recovery: 5s is not longer than its"),
        ("recovery: 15s", "recovery: 0s", "doc.yaml:9:11: recovery: 0s leaves no time"),
        ("consumer: 6, ", "", "doc.yaml:6:48: nobody does submit: no journey of the load does; "
         "try: a journey that does: angry_retrier, clerk, clumsy, consumer, double_tapper, "
         "payroll, regular, returner, sme, watcher"),
        ("consumer: 6", "consumer: 0", "nobody does submit"),
        ("consumer: 6", "angry_retrier: 6", "doc.yaml:12:29: nobody does read_limit"),
        ("arrivals: 10/s, ", "", "load.arrivals is missing"),
        ("arrivals: 10/s", "arrivals: 10/s, " + STAGES, "arrivals and stages both say"),
        ("arrivals: 10/s", "stages: [{for: 20s, arrivals: 10/s}]",
         "the stages end at 20 s, faults and recovery at 33 s; try: a last stage that is 13 s"),
        ("arrivals: 10/s", "stages: [{for: 0s, arrivals: 10/s}]", "for: must be above 0s"),
        ("arrivals: 10/s", "stages: [{for: 40s, arrivals: 10/s, upto: 3/s}]",
         "unknown key 'upto'; did you mean 'to'?; allowed: for, arrivals, to"),
        ("during: fault", "during: load", "doc.yaml:12:49: during: load, but a run with a fault"),
        ("consumer: 6, sme: 0, repayer: 4", "angry_retrier: 6",
         "doc.yaml:10:14: limit_is_ones_own has nothing to look at: no journey of the load does "
         "read_limit; try: leave it out, or a journey that does: clerk, consumer,"),
        ("arrivals: 10/s", "stages: [{for: 10h, arrivals: 100/s}]",
         "about 3.6e+06 arrivals in 36000 s; allowed: at most 1000000"),
    ],
)  # fmt: skip
def test_what_is_impossible_by_construction_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    """An hour later, `inconclusive` would say the same."""
    text = GOOD.replace(old, new)
    assert text != GOOD
    assert expected in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("arrivals: 10/s", "arrivals: 30/m",
         "doc.yaml:6:12: about 3 submit to expect before the fault (10 s), 20 needed: likely to "
         "end inconclusive; try: arrivals: 7/s, or a baseline of 134s"),
        ("at: 10s", "at: 2s", "about 12 submit to expect before the fault (2 s), 20 needed"),
        ("recovery: 15s", "recovery: 7s",
         "about 12 submit to expect after recovery (2 s), 20 needed: likely to end inconclusive; "
         "try: arrivals: 34/s, or recovery: 12s"),
        ("for: 8s", "for: 2s", "about 12 read_limit to expect during down at lending->payment_a"),
        ("during: fault", "during: fault, over: 1s",
         "about 6 read_limit to expect in 1 s during down at lending->payment_a (1 s), 20 needed"),
        ("of: read_limit, during: fault", "of: submit, during: settled",
         "doc.yaml:12:5: about 0 submit to expect once the load is over, where only promises are "),
        ("recovers_within", "suspended_cells_stay_closed",
         "suspended_cells_stay_closed will be unknown: no fault is one of: suspend"),
        ("recovers_within", "wrong_scores_are_noticed", "one of: score, drift, decline"),
        ("recovers_within", "recovers_from_surge", "will be unknown: the load has no surge"),
        ("recovers_within", "queue_answered_in_time", "nobody waits for 65 s in 33 s of load"),
    ],
)  # fmt: skip
def test_what_is_likely_to_be_short_is_a_warning_with_its_remedy(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    """The number to expect, the number needed, and two ways to come there."""
    assert expected in "\n".join(load(tmp_path, GOOD.replace(old, new)).warnings)


@pytest.mark.parametrize(
    ("method", "named"),
    [
        ("[{at: 8s, for: 9s, fault: down, link: borrower->lending}]", "borrower->lending"),
        ("[{at: 8s, for: 9s, fault: crash, service: database}]", "database"),
        ("[{at: 8s, for: 9s, fault: crash, service: lending}, "
         "{at: 9s, for: 5s, fault: down, link: lending->payment_a}]",
         "lending, lending->payment_a"),
        ("[{at: 8s, for: 9s, fault: crash, service: lending}, "
         "{at: 9s, for: 9s, fault: down, link: lending->payment_a}]", ""),
        ("[{at: 8s, for: 9s, fault: down, link: lending->payment_a}]", ""),
    ],
)  # fmt: skip
def test_where_everything_may_degrade_nothing_is_shown(
    tmp_path: Path, method: str, named: str
) -> None:
    """R1 looks at what has to keep its level, at any instant at which something is broken."""
    head = GOOD[: GOOD.index("method:")]
    text = f"{head}method: {method}\nrecovery: 15s\ninvariants: [only_declared_degrades]\n" + (
        "blast-radius: {links: [borrower->lending, lending->payment_a], "
        "services: [lending, database]}"
    )
    warned = [one for one in load(tmp_path, text).warnings if "only_declared" in one]
    assert bool(warned) == bool(named)
    assert not named or f"every operation may degrade while {named} is broken" in warned[0]


def staged(recovery: str, during: str) -> str:
    """A load that changes, with no fault: 20 s after its first stage."""
    head, _, tail = GOOD.replace("arrivals: 10/s", STAGES).partition("method:")
    tail = "thresholds:" + tail.partition("thresholds:")[2].partition("blast-radius")[0]
    tail = tail.replace("during: fault", f"during: {during}")
    return f"{head}method: []\nrecovery: {recovery}\ninvariants: [no_double_payout]\n{tail}"


@pytest.mark.parametrize(
    ("recovery", "during", "expected"),
    [
        ("26s", "recovery", "recovery: 26s is longer than the stages after the first, 25 s: the "
         "first is the baseline; try: a last stage that is 1 s longer"),
        ("25s", "load", "during: load, but this run without a fault has no such phase; allowed: "
         "baseline, recovery, settled"),
    ],
)  # fmt: skip
def test_a_load_that_changes_has_to_leave_what_is_asked_of_it(
    tmp_path: Path, recovery: str, during: str, expected: str
) -> None:
    """Its first stage is the baseline, its last seconds are the recovery, `load` is between."""
    assert expected in refused(tmp_path, staged(recovery, during))


def test_between_baseline_and_recovery_the_samples_are_those_of_the_stages_there(
    tmp_path: Path,
) -> None:
    """What comes before and after is not `load`, so it is no sample of it."""
    assert load(tmp_path, staged("15s", "load")).warnings == ()
    (short,) = load(tmp_path, staged("24s", "load")).warnings
    assert "about 18 read_limit to expect under load (1 s), 20 needed" in short


def test_what_comes_too_late_in_a_journey_is_warned_of(tmp_path: Path) -> None:
    """None at all to expect is not nothing to say: nobody repays within 200 ms."""
    text = GOOD.replace("at: 10s", "at: 200ms").replace("of: submit", "of: repayment")
    assert "no repayment to expect before the fault (0.2 s), 20 needed" in "\n".join(
        load(tmp_path, text).warnings
    )


def test_last_reads_are_counted_by_what_was_promised(tmp_path: Path) -> None:
    """Once the load is over, an application that was taken in is read again."""
    text = GOOD.replace("of: read_limit, during: fault", "of: application, during: settled")
    assert load(tmp_path, text).warnings == ()


def test_an_invariant_of_faults_needs_one(tmp_path: Path) -> None:
    """A run of the load alone would leave it unknown."""
    alone = GOOD[: GOOD.index("method:")] + "method: []\nrecovery: 12s\n"
    said = refused(tmp_path, alone + "invariants: [loans_add_up, recovers_within]\n")
    assert "doc.yaml:9:28: recovers_within speaks of faults, and the method has none" in said


def test_the_objective_is_half_of_the_recovery_unless_it_is_said(tmp_path: Path) -> None:
    """What is left afterwards is what the second look rests on."""
    silent = load(tmp_path, GOOD.replace("objectives: {recovery: 5s}\n", ""))
    assert silent.objectives.recovery_s == 7.5
    assert load(tmp_path, GOOD).objectives.recovery_s == 5.0


def test_a_load_without_a_fault_has_its_times_from_its_stages(tmp_path: Path) -> None:
    """The first stage is the baseline, the last seconds are to be as before."""
    alone = GOOD[: GOOD.index("method:")].replace("arrivals: 10/s", STAGES)
    experiment = load(tmp_path, alone + "method: []\nrecovery: 12s\ninvariants: [loans_add_up]\n")
    times = (experiment.baseline_s, experiment.healed_at_s, experiment.load_s)
    assert times == (10.0, 23.0, 35.0)


@pytest.mark.parametrize("name", experiment_files())
def test_the_experiments_that_come_along_hold_twice_what_they_need(name: str) -> None:
    """A gate in CI must not end inconclusive because few borrowers came."""
    experiment = load_experiment(experiment_files()[name], WORDS)
    for loc, f, window, expected in samples(experiment, WORDS):
        assert expected >= 2 * SAMPLES_MIN, (loc, f, window.when)
