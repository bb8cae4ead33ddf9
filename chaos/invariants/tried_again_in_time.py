"""R4: whom a call failed is served by another one: soon, ever later, a few times, and not while a
third party asked to be left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._kept_calls import (
    UNDER_WAY_S,
    WHOLE_S,
    Retries,
    began_s,
    chains_of,
    has_failed,
)
from chaos.invariants._retried import given_up, spaced
from chaos.invariants._watched_calls import ASKED_BY
from chaos.lending import RISK_ENGINE
from harness.experiment import Experiment
from harness.history import Event, History
from harness.model import Objectives

FAILING = frozenset({"http_error", "error_after", "reply_lost", "request_lost"})
"""Faults by which calls fail at once."""


def _examine(history: History, objectives: Objectives) -> Findings:
    declared, breaker = (objectives.contract.get(one) for one in ("retries", "breaker"))
    if not declared or not breaker:
        return Findings(0, missing="the contract declares no retries, or no breaker")
    rule = Retries(
        **declared,
        failures=breaker["failures"],
        timeout_s=breaker["call_timeout_s"],
        rest_s=breaker["retry_after_max_s"],
    )
    found: list[Mapping[str, object]] = []
    seen: dict[str, int] = {}
    for name in objectives.system.playing(RISK_ENGINE):
        calls = [call for call in history.of("calls") if call.p == name and call.f in ASKED_BY]
        calls.sort(key=began_s)
        seen[name] = sum(map(has_failed, calls))
        found += _at_rest(calls, rule)
        chains = list(chains_of(calls, history))
        found += [one for chain in chains for one in spaced(chain, rule)]
        found += given_up(chains, calls, history, objectives, rule)
    return Findings(examined=sum(seen.values()), bad=found, details={"failed": seen})


def _at_rest(calls: Sequence[Event], rule: Retries) -> Iterator[Mapping[str, object]]:
    """Calls to who had asked to be left alone, and was not yet to be called."""
    asked, until_s = None, float("-inf")
    for call in sorted(calls, key=lambda one: one.t_s):
        at_s, rest_s = began_s(call), float(call.v.get("retry_after_s", 0))
        if asked is not None and asked.t_s + UNDER_WAY_S < at_s < until_s - WHOLE_S:
            what = f"{call.p} asked at {asked.t_s:.2f} s for {until_s - asked.t_s:.0f} s of rest, "
            yield bad(at_s, f"{what}and was called at {at_s:.2f} s", [asked.i, call.i])
        if rest_s > WHOLE_S and has_failed(call) and call.t_s > until_s - WHOLE_S:
            asked, until_s = call, call.t_s + min(rest_s, rule.rest_s)


def _silent(experiment: Experiment) -> str:
    engines = experiment.objectives.system.playing(RISK_ENGINE)
    fails = any(
        step.fault.where in engines and step.fault.kind in FAILING for step in experiment.steps
    )
    return "" if fails else "no call of the risk engine fails, so none is tried again"


INVARIANT = Invariant(
    name="tried_again_in_time",
    ids=("R4",),
    claim="A call for a limit that failed is made again while the breaker is closed and retries "
    "are left, after pauses that grow as declared, so often at most, and never to a risk engine "
    "that asked to be left alone.",
    examine=_examine,
    roles=(RISK_ENGINE,),
    timed=True,
    silent=_silent,
)
