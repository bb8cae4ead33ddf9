"""The values shared by the whole engine: frozen, plain, no behaviour beyond a property."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from harness.json_types import JsonObject
from harness.system import System


class Outcome(StrEnum):
    """What is known of an operation: happened, definitely did not, unknown."""

    OK = "ok"
    FAIL = "fail"
    INFO = "info"


class Validity(StrEnum):
    """What a checker knows; the worst of several wins."""

    VALID = "valid"
    UNKNOWN = "unknown"
    INVALID = "invalid"


class Phase(StrEnum):
    """Where in a run an instant lies."""

    BASELINE = "baseline"
    LOAD = "load"  # without a fault: the load is what the run is about
    FAULT = "fault"
    RECOVERY = "recovery"
    SETTLED = "settled"


class Op(msgspec.Struct, frozen=True):
    """One operation: its invoke and its completion.

    Args:
        index: number of the invoke event in the history.
        f: operation name, `submit`, `repay`, ...
        p: process that did it, `consumer/17`.
        k: business key, or "".
        t_due_s: when it was meant to start; latency counts from here.
        t_invoke_s, t_end_s: run clock; t_end_s is None while it is open.
        outcome: INFO for an operation that never completed.
        err: "" when ok; else a short code.
        request: arguments of the invoke.
        value: reply of the completion.
        phase: phase in which it was invoked.
    """

    index: int
    f: str
    p: str
    k: str
    t_due_s: float
    t_invoke_s: float
    t_end_s: float | None
    outcome: Outcome
    err: str = ""
    request: JsonObject = msgspec.field(default_factory=dict)
    value: JsonObject = msgspec.field(default_factory=dict)
    phase: str = Phase.BASELINE

    @property
    def latency_s(self) -> float | None:
        """Seconds from the intended start to the completion."""
        return None if self.t_end_s is None else self.t_end_s - self.t_due_s

    @property
    def last_s(self) -> float:
        """When it ended; of one that never did, when it was invoked."""
        return self.t_invoke_s if self.t_end_s is None else self.t_end_s

    @property
    def user(self) -> str:
        """Who did it: a user that went on under a new name, `consumer/17.2`, is still one."""
        return self.p.partition(".")[0]


@dataclass(frozen=True)
class FaultWindow:
    """[t_inject_s, t_heal_s) of one fault; "during" means overlapping it.

    Args:
        t_inject_s: when the injection began: from here on it may bite.
        t_heal_s: when the undo was proven.
        t_set_s: when the injection was over: from here on it surely holds; None: from the start.
        t_lift_s: when the undo began: until then it surely held; None: until the end.
    """

    fault: str
    where: str
    t_inject_s: float
    t_heal_s: float
    t_set_s: float | None = None
    t_lift_s: float | None = None

    def overlaps(self, t_from_s: float, t_to_s: float) -> bool:
        """Whether [t_from_s, t_to_s] touches the window."""
        return t_from_s < self.t_heal_s and t_to_s >= self.t_inject_s

    def covers(self, t_from_s: float, t_to_s: float) -> bool:
        """Whether the fault held, surely, for all of [t_from_s, t_to_s]: it is gone when lifted."""
        set_s = self.t_inject_s if self.t_set_s is None else self.t_set_s
        lift_s = self.t_heal_s if self.t_lift_s is None else self.t_lift_s
        return set_s <= t_from_s and t_to_s < lift_s


@dataclass(frozen=True)
class BlastRadius:
    """What a fault may touch; enforced before anything is injected."""

    links: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()

    def within(self, other: BlastRadius) -> bool:
        """Whether everything here is also in `other`."""
        return self.links <= other.links and self.services <= other.services


@dataclass(frozen=True)
class Objectives:
    """What the lending service promises; the checkers hold it to this.

    Args:
        recovery_s: RTO, seconds from healing to sustained good service.
        ack_s: U1, seconds to an acknowledgement or an explicit reject.
        answer_s: U2, seconds after healing within which an application is terminal or explained.
        lost_max: RPO in acknowledged operations.
        mitigate_s: R2, seconds from an alert until users are served again.
        degraded_s: how long answers may be worse than on a good day, seconds; None: nobody says.
        contract: the target's declared limits (caps, quotas), by name.
        system: who plays which role, and how service may degrade.
    """

    recovery_s: float = 10.0
    ack_s: float = 2.0
    answer_s: float = 15.0
    lost_max: int = 0
    mitigate_s: float = 10.0
    degraded_s: float | None = None
    contract: JsonObject = field(default_factory=dict)
    system: System = field(default_factory=System)


class Verdict(msgspec.Struct, frozen=True):
    """What a checker found.

    Args:
        checker: its name, the file in chaos/invariants.
        validity: valid, invalid or unknown.
        claim: one falsifiable sentence.
        examined: how many things it looked at; 0 is never valid.
        first_bad: the first counterexample: `{"t_s", "what", "events": [event numbers], ...}`.
        details: numbers for the report.
        ids: the invariants of the catalogue that it stands for, ("M1",).
        why: for unknown: what was missing.
    """

    checker: str
    validity: Validity
    claim: str
    examined: int
    first_bad: JsonObject | None = None
    details: JsonObject = msgspec.field(default_factory=dict)
    ids: tuple[str, ...] = ()
    why: str = ""

    @property
    def title(self) -> str:
        """`M1 no_double_payout`; a promise of a target's own is in no catalogue and has no id."""
        return f"{'/'.join(self.ids)} {self.checker}".lstrip()


@dataclass(frozen=True)
class FaultReport:
    """What became of one fault.

    Args:
        proven: it was seen to bite.
        undone: it was read back as undone.
        cut_short: the run was stopped before all of it was seen.
        injections: how often it was injected and undone.
        ready_s: after the last undo, until a canary got what it had got before; None: never.
        worse: in what the service under test answers worse than before at the place, though that
            reads back healthy: a finding.
        unready: the same of a program that stands in for others: nothing is known then.
    """

    kind: str
    where: str
    proven: bool
    undone: bool
    t_inject_s: float | None
    t_heal_s: float | None
    evidence: JsonObject
    cut_short: bool = False
    injections: int = 1
    ready_s: float | None = None
    worse: str = ""
    unready: str = ""


class RunVerdict(StrEnum):
    """How a run ended; each has one exit code."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    UNSAFE = "unsafe"
    INTERRUPTED = "interrupted"


EXIT_CODES = {
    RunVerdict.PASS: 0,
    RunVerdict.FAIL: 1,
    RunVerdict.INCONCLUSIVE: 3,
    RunVerdict.ERROR: 4,
    RunVerdict.UNSAFE: 5,
    RunVerdict.INTERRUPTED: 130,
}
EXITS = {"SIGHUP": 129, "SIGINT": 130, "SIGTERM": 143}  # of what a signal interrupted


@dataclass(frozen=True)
class HypothesisResult:
    """The steady-state hypothesis at one instant: `before` or `after`; `load` without a fault."""

    when: str
    met: bool
    probes: tuple[JsonObject, ...]


@dataclass(frozen=True)
class RunResult:
    """Everything a run has to say; report and exit code follow from it alone."""

    experiment: str
    title: str
    design: str
    runtime: str
    seed: int
    verdict: RunVerdict
    exit_code: int
    reasons: tuple[str, ...]
    run_dir: str
    repeat: str
    hypothesis: tuple[HypothesisResult, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    thresholds: tuple[JsonObject, ...] = ()
    faults: tuple[FaultReport, ...] = ()
    load: JsonObject = field(default_factory=dict)
    duration_s: float = 0.0
    figures: JsonObject = field(default_factory=dict)
