"""Several mutants at once before the experiments: what nothing has seen yet seldom is seen at all.

    group ──> place ──> nothing seen: so of none of them
                └─────> something: each of them alone at this place, and whoever was seen leaves

What is seen is seen of one alone, so none is called killed for another one's sake. A mistake may
hide another, so that a survivor may be one that alone would have been seen: a score is never too
high for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.clock import NS, monotonic_ns
from harness.self_test.checks import EXPLORE
from harness.self_test.mutants.judging import SURVIVED, Outcome, Sight, Trial, seen_of
from harness.self_test.mutants.sites import Mutant

TOGETHER = 8  # chosen: of so many less than one is seen at a place, mostly none
OUT_OF_TIME = "time was over"


@dataclass(frozen=True)
class Group:
    """What is to be done for several mutants.

    Args:
        trials: no two in one function, nor in one within the other.
        so_far: of each, what the places before these saw of it: nothing.
        rest_s: no look is begun later, s of real time from the first one; None for no bound.
    """

    trials: tuple[Trial, ...]
    so_far: tuple[Outcome, ...]
    rest_s: float | None = None


def judge_together(group: Group) -> tuple[Outcome, ...]:
    """What came of each."""
    began_ns = monotonic_ns()
    found = {trial.mutant.id: one for trial, one in zip(group.trials, group.so_far, strict=True)}
    for place, clean_s in ordered(one.places for one in group.trials).items():
        here = [t for t in group.trials if place in t.places and not found[t.mutant.id].seen]
        if not here:
            continue
        if group.rest_s is not None and (monotonic_ns() - began_ns) / NS > group.rest_s:
            return tuple(one if one.seen else cut_short(one) for one in found.values())
        sight = seen_of(here, {place: clean_s})
        for trial in here:
            alone = seen_of([trial], {place: clean_s}) if sight.seen and len(here) > 1 else sight
            cost_s = sight.cpu_s / len(here) + (alone.cpu_s if alone is not sight else 0.0)
            found[trial.mutant.id] = _with(found[trial.mutant.id], alone, cost_s)
    return tuple(found.values())


def cut_short(outcome: Outcome) -> Outcome:
    """Nothing has seen it, and not every place has looked."""
    why = "; ".join(filter(None, (OUT_OF_TIME, outcome.why)))
    return replace(outcome, unfinished=True, why=why)


def ordered(places: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """All of them, the cheapest first, the search last."""
    every = {place: cost_s for one in places for place, cost_s in one.items()}
    order = sorted(every, key=lambda place: (place == EXPLORE, every[place]))
    return {place: every[place] for place in order}


def grouped(trials: Sequence[Trial]) -> list[list[Trial]]:
    """Groups of mutants that do not touch one another, those with the most places first."""
    groups: list[list[Trial]] = []
    for trial in sorted(trials, key=lambda one: -len(one.places)):
        for group in groups:
            apart = not any(_touch(trial.mutant, one.mutant) for one in group)
            if apart and len(group) < TOGETHER:
                group.append(trial)
                break
        else:
            groups.append([trial])
    return groups


def _touch(one: Mutant, other: Mutant) -> bool:
    """Whether one is in the other's function, or in one within it."""
    if one.module != other.module:
        return False
    this, that = (f"{mutant.function}.".lstrip(".") for mutant in (one, other))
    return this.startswith(that) or that.startswith(this)


def _with(before: Outcome, sight: Sight, cost_s: float) -> Outcome:
    """An outcome with one look more."""
    cpu_s, looks = before.cpu_s + cost_s, before.looks + 1
    if sight.state == SURVIVED:
        return replace(before, cpu_s=cpu_s, looks=looks, why=before.why or sight.why)
    place, by, why = sight.place, sight.by, sight.why
    return replace(before, state=sight.state, place=place, by=by, why=why, cpu_s=cpu_s, looks=looks)
