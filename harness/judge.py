"""From a recorded history to findings: the same for a run that just ended and for one read from
disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import msgspec

from harness.checker import Checker, check_all
from harness.experiment import Experiment
from harness.fault_windows import injection_of
from harness.figures import figures
from harness.history import Event, History
from harness.metered import starved
from harness.model import FaultReport, HypothesisResult, Phase, Validity, Verdict
from harness.steady_state import assess, doubted
from harness.target import Target
from harness.thresholds import thresholds
from harness.verdict import Findings

CHECKERS_ALWAYS = ("evidence_complete",)
CHECKERS_OF_FAULTS = ("everything_clean",)


def judge(experiment: Experiment, checkers: Mapping[str, Checker], history: History) -> Findings:
    """Everything a verdict rests on, from the history alone."""
    forged = list(experiment.objectives.system.unasked(history))
    if forged:
        history = history.without(forged)
    always = (*CHECKERS_ALWAYS, *(CHECKERS_OF_FAULTS if experiment.steps else ()))
    chosen = dict.fromkeys([*experiment.invariants, *always])
    exits = tuple({**event.v, "t_s": event.t_s} for event in _clock(history, "exit"))
    verdicts = check_all([checkers[name] for name in chosen], history, experiment.objectives)
    return Findings(
        hypothesis=tuple(_hypothesis(experiment, history)),
        verdicts=tuple(_dated(one, history) for one in verdicts) if exits else verdicts,
        thresholds=thresholds(experiment, history),
        faults=tuple(
            sorted(
                (msgspec.convert(e.v["report"], FaultReport) for e in _nemesis(history, "report")),
                key=lambda report: report.t_inject_s or 0.0,
            )
        ),
        faults_planned=len(experiment.steps),
        load={
            **next((event.v for event in _clock(history, "load")), {}),
            **stages_seen(experiment, history),
        },
        aborted=next((event.v["why"] for event in _clock(history, "stopped")), ""),
        unhealed=tuple(_unhealed(history)),
        exits=exits,
        unasked=tuple(f"{one.f} of {one.k} at {one.p}, {one.t_s:.2f} s" for one in forged),
    )


def _dated(verdict: Verdict, history: History) -> Verdict:
    """With `t_to_s`: when the last thing that its counterexample rests on had ended."""
    first = verdict.first_bad
    if first is None:
        return verdict
    rests_on = set(first.get("events", ()))
    ends_s = [op.last_s for op in history.all_ops if op.index in rests_on]
    ends_s += [event.t_s for event in history.events if event.i in rests_on]
    t_to_s = max([float(first.get("t_s", 0.0)), *ends_s])
    return msgspec.structs.replace(verdict, first_bad={**first, "t_to_s": t_to_s})


def explained(findings: Findings, target: Target, design: Mapping[str, object]) -> Findings:
    """The same findings, each broken invariant with the choice of the design that let it break."""
    return replace(
        findings,
        verdicts=tuple(
            msgspec.structs.replace(one, why=target.explain(one.checker, design))
            if one.validity is Validity.INVALID
            else one
            for one in findings.verdicts
        ),
    )


def measured(
    findings: Findings, experiment: Experiment, history: History, target: Target
) -> Findings:
    """The same findings with the numbers that stand beside them."""
    numbers = figures(experiment, history, target, findings.verdicts)
    return replace(findings, figures=numbers)


def before(experiment: Experiment, history: History, t_to_s: float) -> HypothesisResult:
    """The gate: the hypothesis from the start of the load until `t_to_s`."""
    return assess(experiment.hypothesis, history, "before", 0.0, t_to_s)


def _hypothesis(experiment: Experiment, history: History) -> Iterator[HypothesisResult]:
    starts = {event.k: event.t_s for event in _clock(history, "phase")}
    t_end_s = starts.get(Phase.SETTLED, history.t_load_end_s)
    stopped, to_s = any(_clock(history, "stopped")), min(t_end_s, experiment.load_s)
    if not experiment.has_baseline:
        if not stopped:
            yield assess(experiment.hypothesis, history, "load", 0.0, to_s)
        return
    yield before(experiment, history, starts.get(Phase.FAULT, starts.get(Phase.LOAD, t_end_s)))
    if Phase.RECOVERY in starts and not stopped:
        healed_s = max((w.t_heal_s for w in history.windows), default=starts[Phase.RECOVERY])
        from_s = healed_s + experiment.objectives.recovery_s
        from_s = min(from_s, to_s - 1)
        after = assess(experiment.hypothesis, history, "after", from_s, to_s)
        machine = None if after.met else starved(history, from_s, to_s)
        yield after if machine is None else doubted(after, f"but {machine}")


def stages_seen(experiment: Experiment, history: History) -> dict[str, object]:
    """`stages`: how many journeys each stage of the load asked for and got; {} for one rate."""
    if not experiment.stages:
        return {}
    stages, from_s = [], 0.0
    for stage in experiment.stages:
        to_s = from_s + stage.for_s
        count = sum(from_s <= t_s < to_s for t_s in history.begun_s.values())
        stages.append(
            {
                "t_from_s": round(from_s, 3),
                "t_to_s": round(to_s, 3),
                "asked": round(stage.expected(stage.for_s), 1),
                "delivered": count,
                "asked_per_s": [stage.from_per_s, stage.to_per_s],
                "delivered_per_s": round(count / stage.for_s, 2),
            }
        )
        from_s = to_s
    return {"stages": stages}


def _unhealed(history: History) -> Iterator[str]:
    active: dict[tuple[str, str, str], str] = {}
    for event in history.events:
        if event.src != "nemesis":
            continue
        action, injection = event.v.get("action"), injection_of(event)
        if action == "inject" and event.type == "invoke":
            active[injection] = f"{event.f} at {event.k}: no undo is on record"
        elif action == "heal" and event.type == "ok":
            active.pop(injection, None)
        elif action == "heal" and event.type == "info":
            active[injection] = str(event.v.get("why"))
    yield from active.values()
    for event in _clock(history, "clean"):
        yield from (f"left behind: {one}" for one in event.v["left"])


def _nemesis(history: History, action: str) -> Iterator[Event]:
    return (e for e in history.events if e.src == "nemesis" and e.v.get("action") == action)


def _clock(history: History, f: str) -> Iterator[Event]:
    return (event for event in history.events if event.src == "clock" and event.f == f)
