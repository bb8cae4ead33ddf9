"""Feasibility: whether a document can end in a verdict, by the number of operations to expect.

Journeys are rehearsed with a service that answers everything well. Arrivals times the share of a
journey times its operations within a window are what a probe or threshold may expect there. And
faults that a target has no use for are refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from harness.errors import Problem, UnsupportedFault
from harness.experiment import Experiment, Step
from harness.measures import SAMPLES_MIN
from harness.model import Phase
from harness.ports import Fault
from harness.registry import Vocabulary
from harness.rehearsal import Rehearsal
from harness.stats import poisson_at_most
from harness.target import Target
from harness.workload import expected_arrivals
from harness.yaml_source import Loc, Place

SHORT_MAX = 0.01  # chosen: a gate in CI that fails one time in a hundred for no reason is none
ARRIVALS_MAX = 1_000_000  # chosen: what a run can still record and judge


@dataclass(frozen=True)
class Window:
    """Where samples are counted.

    Args:
        when: for a reader: `before the fault`.
        length_s: of the stretch that is judged at once; `over` of a threshold makes it shorter.
        longer: what to write to make it longer; takes seconds more.
    """

    when: str
    t_from_s: float
    t_to_s: float
    longer: str
    begins_s: float
    length_s: float


def impossible(experiment: Experiment, words: Vocabulary, place: Place) -> Iterator[Problem]:
    """What no run of this document can show: nobody does what it measures."""
    rehearsal = Rehearsal(experiment, words)
    arrivals = expected_arrivals(experiment.profile, 0.0, experiment.load_s)
    if arrivals > ARRIVALS_MAX:
        cause = f"about {arrivals:.3g} arrivals in {experiment.load_s:g} s"
        yield Problem(cause, place.of("load"), f"at most {ARRIVALS_MAX}", "a lower rate")
    for loc, _, f in _measured(experiment):
        if rehearsal.whole and not rehearsal.expected(f, 0.0, math.inf):
            who = rehearsal.who(f)
            yield Problem(
                f"nobody does {f}: no journey of the load does",
                place.of(*loc, "of"),
                remedy=f"a journey that does: {', '.join(who)}" if who else "measure another one",
            )
    yield from _nothing_to_examine(rehearsal, place)


def _nothing_to_examine(rehearsal: Rehearsal, place: Place) -> Iterator[Problem]:
    """Invariants that could only ever be unknown. A checker may say what it speaks of: `of`,
    operations of which the load has to do one, and `of_faults`."""
    experiment, words = rehearsal.experiment, rehearsal.words
    operations = words.target.contract["operations"]
    for number, name in enumerate(experiment.invariants):
        checker, where = words.invariants[name], place.of("invariants", number)
        needed = [f for f in getattr(checker, "of", ()) if f in operations]
        done = (rehearsal.expected(f, 0.0, math.inf) for f in needed)
        if needed and rehearsal.whole and not any(done):
            who = sorted({journey for f in needed for journey in rehearsal.who(f)})
            yield Problem(
                f"{name} has nothing to look at: no journey of the load does {' or '.join(needed)}",
                where,
                remedy=f"leave it out, or a journey that does: {', '.join(who)}",
            )
        if getattr(checker, "of_faults", False) and not experiment.steps:
            yield Problem(f"{name} speaks of faults, and the method has none", where)


def warnings(experiment: Experiment, words: Vocabulary, place: Place) -> Iterator[str]:
    """What more than one run in a hundred would leave open: too few samples to say anything, an
    invariant that these faults cannot show. A checker may say so itself: `silent(experiment)`."""
    rehearsal = Rehearsal(experiment, words)
    for loc, f, window, expected in samples(experiment, words):
        if not expected and rehearsal.whole:
            yield (
                f"{place.of(*loc)}: no {f} to expect {window.when} ({window.length_s:.4g} s), "
                f"{SAMPLES_MIN} needed: likely to end inconclusive; try: another operation"
            )
        if expected and poisson_at_most(SAMPLES_MIN - 1, expected) > SHORT_MAX:
            yield f"{place.of(*loc)}: {_short(experiment, f, window, expected)}"
    yield from _settled(rehearsal, place)
    loaded = _of_the_load(rehearsal)
    for number, name in enumerate(experiment.invariants):
        silent = getattr(words.invariants[name], "silent", None)
        if silent and (why := silent(loaded)):
            where = place.of("invariants", number)
            yield f"{where}: {name} will be unknown: {why}; try: leave it out"


def _of_the_load(rehearsal: Rehearsal) -> Experiment:
    """The experiment with those operations alone that its journeys do, where that is known."""
    experiment = rehearsal.experiment
    contract = experiment.objectives.contract
    if not rehearsal.whole or "operations" not in contract:
        return experiment
    done = tuple(f for f in contract["operations"] if rehearsal.expected(f, 0.0, math.inf))
    objectives = replace(experiment.objectives, contract={**contract, "operations": done})
    return replace(experiment, objectives=objectives)


def _settled(rehearsal: Rehearsal, place: Place) -> Iterator[str]:
    """Thresholds on the last reads, of which there are too few."""
    for number, part in enumerate(rehearsal.experiment.thresholds):
        if part.during != Phase.SETTLED or not rehearsal.whole:
            continue
        expected = rehearsal.last_reads(part.of)
        if not expected or poisson_at_most(SAMPLES_MIN - 1, expected) > SHORT_MAX:
            yield (
                f"{place.of('thresholds', number)}: about {expected:.2g} {part.of} to expect once "
                f"the load is over, where only promises are read again, {SAMPLES_MIN} needed: "
                "likely to end inconclusive; try: another phase or operation"
            )


def samples(experiment: Experiment, words: Vocabulary) -> Iterator[tuple[Loc, str, Window, float]]:
    """How many operations each probe and threshold can expect in each of its windows."""
    rehearsal = Rehearsal(experiment, words)
    for loc, windows, f in _measured(experiment):
        for window in windows:
            whole = rehearsal.expected(f, window.t_from_s, window.t_to_s)
            length_s = window.t_to_s - window.t_from_s
            yield loc, f, window, whole * window.length_s / length_s if length_s else 0.0


def _short(experiment: Experiment, f: str, window: Window, expected: float) -> str:
    factor = 2 * SAMPLES_MIN / expected
    more_s = math.ceil(window.begins_s + window.length_s * factor)
    rate = math.ceil(experiment.arrivals_per_s * factor)
    rates = f"{factor:.2g} times the arrivals" if experiment.stages else f"arrivals: {rate}/s"
    return (
        f"about {expected:.2g} {f} to expect {window.when} ({window.length_s:.4g} s), "
        f"{SAMPLES_MIN} needed: likely to end inconclusive; try: {rates}, or "
        f"{window.longer.format(more_s)}"
    )


def _measured(experiment: Experiment) -> Iterator[tuple[Loc, list[Window], str]]:
    """Everything that is measured: its place in the document, its windows, its operation."""
    for number, probe in enumerate(experiment.hypothesis.probes):
        loc: Loc = ("steady-state-hypothesis", "probes", number)
        yield loc, list(_of_hypothesis(experiment)), probe.of
    for number, part in enumerate(experiment.thresholds):
        windows = list(_of_phase(experiment, part.during, part.over))
        yield ("thresholds", number), windows, part.of


def _of_hypothesis(experiment: Experiment) -> Iterator[Window]:
    if not experiment.has_baseline:
        yield from _of_phase(experiment, Phase.LOAD, None)
        return
    yield from _of_phase(experiment, Phase.BASELINE, None)
    from_s = experiment.healed_at_s + experiment.objectives.recovery_s
    length_s, objective_s = experiment.load_s - from_s, experiment.objectives.recovery_s
    yield Window(
        "after recovery", from_s, experiment.load_s, "recovery: {}s", objective_s, length_s
    )


def _of_phase(experiment: Experiment, during: str, over_s: float | None) -> Iterator[Window]:
    e = experiment
    staged = e.has_baseline
    loaded_s = e.healed_at_s if staged else e.load_s
    longer_load = "{}s of stages between the first and the recovery" if staged else "recovery: {}s"
    whole: dict[str, list[tuple[str, float, float, str]]] = {
        Phase.BASELINE: [("before the fault", 0.0, e.baseline_s, "a baseline of {}s")],
        Phase.FAULT: [
            (f"during {s.fault.kind} at {s.fault.where}", from_s, to_s, "for: {}s")
            for s in e.steps
            for from_s, to_s in dict.fromkeys(s.windows)
        ],
        Phase.LOAD: [("under load", e.baseline_s, loaded_s, longer_load)],
        Phase.RECOVERY: [("in recovery", e.healed_at_s, e.load_s, "recovery: {}s")],
    }
    for when, from_s, to_s, longer in whole.get(during, []):
        length_s = to_s - from_s
        if over_s is not None and over_s < length_s:
            yield Window(f"in {over_s:g} s {when}", from_s, to_s, "over: {}s", 0.0, over_s)
        else:
            yield Window(when, from_s, to_s, longer, 0.0, length_s)


def refuse_by_target(steps: Sequence[Step], target: Target) -> None:
    """Refuse what means nothing in a topology.

    Raises:
        UnsupportedFault: names each step, and why.
    """
    refused: Callable[[Fault], str] = getattr(target, "refused", lambda _: "")
    problems = [
        Problem(f"{step.fault.kind} at {step.fault.where}: {why}", f"target {target.name}")
        for step in steps
        if (why := refused(step.fault))
    ]
    if problems:
        raise UnsupportedFault(problems)
