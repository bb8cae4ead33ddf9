"""The experiment: what is loaded, broken and claimed. Validated when built; every problem names
its place.

The document's keys are the model's aliases (`steady-state-hypothesis`, `blast-radius`, `for`);
unknown keys are errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field

from harness.model import BlastRadius, Objectives
from harness.ports import Fault
from harness.steady_state import Hypothesis, Probe
from harness.target import Target, objectives_of, places
from harness.units import Condition, Duration, Limit, Period, Rate
from harness.workload import Stage, constant


class Part(BaseModel):
    """A part of the document: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ObjectivesPart(Part):
    """Targets that this experiment sets; the defaults are the service's own, and for `recovery`
    half of the time that the document leaves for it."""

    recovery: Period | None = None
    data_loss: int = Field(default=0, ge=0)
    ack: Period = 2.0
    answer: Period = 15.0
    mitigate: Period = 10.0
    degraded: Period | None = None


class StagePart(Part):
    """A stretch of the load with a rate of its own; with `to` a ramp from one rate to another."""

    for_: Duration = Field(alias="for")
    arrivals: Rate
    to: Rate | None = None


class LoadPart(Part):
    """Open-model load: arrivals do not wait for a sick service. One rate, or stages."""

    arrivals: Rate | None = None
    stages: list[StagePart] = []
    journeys: dict[str, int] = Field(min_length=1)


class ProbePart(Part):
    """One number that must hold."""

    name: str = Field(min_length=1)
    measure: str
    of: str
    tolerance: Limit


class HypothesisPart(Part):
    """The gate before and the deviation test after."""

    title: str
    probes: list[ProbePart] = Field(min_length=1)


class ThresholdPart(Part):
    """A limit on a measure in one phase; `over`: in its worst stretch of that length."""

    measure: str
    of: str
    during: str = "fault"
    over: Duration | None = None
    tolerance: Limit


class BlastRadiusPart(Part):
    """What may be touched, and when to stop."""

    links: list[str] = []
    services: list[str] = []
    abort_when: Limit | None = Field(default=None, alias="abort-when")


class StepPart(BaseModel):
    """One fault of the method; keys beyond these belong to the fault."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    at: Duration
    for_: Duration = Field(alias="for")
    repeat: int = Field(default=1, ge=1, le=100)
    every: Duration | None = None
    fault: str


class Document(Part):
    """The whole experiment document."""

    title: str = Field(min_length=1)
    vars: dict[str, object] = {}
    description: str = ""
    tags: list[str] = []
    target: str = Field(default="", min_length=1)
    objectives: ObjectivesPart = ObjectivesPart()
    load: LoadPart
    hypothesis: HypothesisPart = Field(alias="steady-state-hypothesis")
    method: list[StepPart]
    recovery: Duration
    on_call: bool = Field(default=False, alias="on-call")
    invariants: list[str] = Field(min_length=1)
    thresholds: list[ThresholdPart] = []
    blast_radius: BlastRadiusPart = Field(default=BlastRadiusPart(), alias="blast-radius")


@dataclass(frozen=True)
class Step:
    """One fault with its place on the timeline, run clock.

    Args:
        repeat: how often it is injected.
        every_s: from one injection to the next.
    """

    at_s: float
    for_s: float
    fault: Fault
    repeat: int = 1
    every_s: float = 0.0

    @property
    def heal_at_s(self) -> float:
        """When it is to be undone for the last time."""
        return self.windows[-1][1]

    @property
    def windows(self) -> tuple[tuple[float, float], ...]:
        """When it is to be injected, and when undone."""
        starts = (self.at_s + number * self.every_s for number in range(self.repeat))
        return tuple((start_s, start_s + self.for_s) for start_s in starts)


@dataclass(frozen=True)
class Experiment:
    """A validated experiment, ready to run on any runtime.

    Args:
        name: file name without its ending.
        id: the tag that looks like X01, else what the file name begins with, else the name.
        arrivals_per_s: journeys begun a second; of stages the mean.
        stages: of the load; empty when it has one rate all the time.
        steps: by time; none: the load alone is what the run is about.
        on_call: whether alerts are answered by the runbook of the design.
        document: as written, for the record of the run.
        warnings: what is accepted today and will not be for ever; what is likely to end
            inconclusive.
    """

    name: str
    id: str
    title: str
    description: str
    tags: tuple[str, ...]
    objectives: Objectives
    arrivals_per_s: float
    journeys: Mapping[str, int]
    hypothesis: Hypothesis
    steps: tuple[Step, ...]
    recovery_s: float
    invariants: tuple[str, ...]
    thresholds: tuple[ThresholdPart, ...]
    blast: BlastRadius
    abort_when: Condition | None
    document: Mapping[str, object]
    warnings: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    on_call: bool = False

    @property
    def has_baseline(self) -> bool:
        """Whether something comes after a baseline: a fault, or a second stage of the load."""
        return bool(self.steps) or len(self.stages) > 1

    @property
    def baseline_s(self) -> float:
        """Seconds of load before the first fault; without a fault the first of several stages."""
        if not self.has_baseline:
            return 0.0
        return min((step.at_s for step in self.steps), default=self.profile[0].for_s)

    @property
    def healed_at_s(self) -> float:
        """When the last fault is to be undone; without a fault, when the load is to be as before
        again."""
        begins_s = max(self.baseline_s, self.load_s - self.recovery_s)
        return max((step.heal_at_s for step in self.steps), default=begins_s)

    @property
    def load_s(self) -> float:
        """Seconds of load in all."""
        staged_s = sum(stage.for_s for stage in self.stages)
        return staged_s or self.recovery_s + max((s.heal_at_s for s in self.steps), default=0.0)

    @property
    def profile(self) -> tuple[Stage, ...]:
        """The stages; a single one where the load has one rate all the time."""
        return self.stages or constant(self.arrivals_per_s, self.load_s)

    def faults(self) -> tuple[Fault, ...]:
        """The faults, by time."""
        return tuple(step.fault for step in self.steps)


def _mean(stages: Sequence[Stage]) -> float:
    """Arrivals a second over all stages."""
    return sum(s.expected(s.for_s) for s in stages) / sum(s.for_s for s in stages)


def id_of_file(stem: str) -> str:
    """`X01` of `x01_payment_reply_lost`; "" where a file name begins with no id."""
    head = stem.partition("_")[0].upper()
    return head if _is_id(head) else ""


def ids_of_tags(tags: Iterable[str]) -> list[str]:
    """The tags that are ids."""
    return [tag for tag in tags if _is_id(tag)]


def _is_id(word: str) -> bool:
    return word[:1] == "X" and word[1:].isdigit()


def build(
    name: str,
    document: Document,
    steps: tuple[Step, ...],
    raw: Mapping[str, object],
    target: Target,
) -> Experiment:
    """Put a validated document together with its faults.

    Args:
        target: what it declares is what the checkers hold it to.
    """
    goals = document.objectives
    ids = [*ids_of_tags(document.tags), id_of_file(name), name]
    stages = tuple(Stage(s.for_, s.arrivals, s.to or s.arrivals) for s in document.load.stages)
    return Experiment(
        name=name,
        id=next(filter(None, ids)),
        title=" ".join(document.title.split()),
        description=document.description,
        tags=tuple(document.tags),
        objectives=replace(
            objectives_of(target),
            recovery_s=document.recovery / 2 if goals.recovery is None else goals.recovery,
            ack_s=goals.ack,
            answer_s=goals.answer,
            lost_max=goals.data_loss,
            mitigate_s=goals.mitigate,
            degraded_s=goals.degraded,
        ),
        arrivals_per_s=document.load.arrivals or _mean(stages),
        stages=stages,
        journeys=document.load.journeys,
        hypothesis=Hypothesis(
            " ".join(document.hypothesis.title.split()),
            tuple(
                Probe(" ".join(p.name.split()), p.measure, p.of, p.tolerance)
                for p in document.hypothesis.probes
            ),
        ),
        steps=tuple(sorted(steps, key=lambda step: step.at_s)),
        recovery_s=document.recovery,
        invariants=tuple(document.invariants),
        thresholds=tuple(document.thresholds),
        blast=blast_radius(document, target),
        abort_when=document.blast_radius.abort_when,
        document=raw,
        on_call=document.on_call,
    )


def blast_radius(document: Document, target: Target) -> BlastRadius:
    """What may be touched; a role stands for everybody who plays it."""
    radius = document.blast_radius
    links, services = (
        frozenset(place for name in names for place in places(target, name))
        for names in (radius.links, radius.services)
    )
    return BlastRadius(links, services)
