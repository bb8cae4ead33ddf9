"""A failing plan as an experiment document: the same harm, for real parts and for later.

    lending->payment_a#1 reply_lost  ──>  {fault: reply_lost, service: payment_a, first: 1, last: 1}
    lending->database#3 crash_...    ──>  {fault: crash, service: lending}
    borrower->lending#2 late         ──>  {fault: latency, link: borrower->lending, delay: 3s}

A stand-in can be told to do the n-th call wrongly. A link or a process cannot: there the fault
holds for a short while and also meets the calls of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.explore.plans import CallPoint, Fault, Minimal
from harness.json_types import JsonDict
from harness.target import LinkSpec, Target
from harness.yaml_source import dump_yaml

# The figures of this block are chosen, not measured.
AT_S, CALL_S, LINK_S, CRASH_S, APART_S = 6.0, 4.0, 3.0, 0.5, 0.5
RECOVERY_S = 16.0
ARRIVALS = "6/s"  # so that the steady state rests on 36 operations
LATE, SLOW = "3s", "600ms"

STAND_IN: Mapping[str, Mapping[str, object]] = {
    "reply_lost": {"fault": "reply_lost"},
    "request_lost": {"fault": "request_lost"},
    "error_before": {"fault": "http_error"},
    "denied": {"fault": "http_error", "status": 404, "code": "no_such_page"},
    "busy": {"fault": "http_error", "status": 429, "retry_after": "1s"},
    "intercepted": {"fault": "intercepted"},
    "error_after": {"fault": "error_after"},
    "garbled": {"fault": "garbled"},
    "strange": {"fault": "garbled", "form": "words"},
    "late": {"fault": "slow", "delay": LATE},
    "slow": {"fault": "slow", "delay": SLOW},
}
LINK: Mapping[str, Mapping[str, str]] = {
    "refused": {"fault": "down"},
    "request_lost": {"fault": "reset_peer", "stream": "upstream"},
    "reply_lost": {"fault": "reset_peer", "stream": "downstream"},
    "late": {"fault": "latency", "delay": LATE, "stream": "upstream"},
    "slow": {"fault": "latency", "delay": SLOW},
}
STANDBY: Mapping[str, Mapping[str, str]] = {
    "promote": {"fault": "promote", "lag": "1s"},
    "stale": {"fault": "replica_lag", "lag": "1s"},
}
CRASHES = ("crash_before_write", "crash_after_write")


@dataclass
class Step:
    """One step of the method."""

    fault: JsonDict
    for_s: float
    at_s: float = AT_S

    @property
    def where(self) -> str:
        """Its link or service."""
        return str(self.fault.get("service") or self.fault.get("link"))


@dataclass(frozen=True)
class Ask:
    """What the experiment asks for, apart from its faults.

    Args:
        journeys: name -> weight.
        operation: what borrowers do first: the steady state is that it is served.
        invariants: names that a document may use, of those that broke.
        target: what it is about; "" for the usual one.
    """

    journeys: Mapping[str, int]
    operation: str
    invariants: Sequence[str]
    target: str = ""


@dataclass(frozen=True)
class Regression:
    """An experiment made from a plan.

    Args:
        text: the document, YAML.
        left_out: faults for which real parts have no counterpart.
    """

    text: str
    left_out: tuple[Fault, ...] = field(default=())


def regression(
    found: Minimal,
    made: Sequence[CallPoint],
    target: Target,
    ask: Ask,
) -> Regression:
    """The document of a minimal set.

    Args:
        made: the calls of its world, in order: tells the n-th of an operation.
    """
    steps: list[Step] = []
    left_out = []
    for fault in found.plan:
        step = _step(fault, made, target)
        if step is None:
            left_out.append(fault)
        elif not (steps and _joined(steps[-1], step)):
            steps.append(step)
    _apart(steps)
    return Regression(_document(found, steps, left_out, ask), tuple(left_out))


def _step(fault: Fault, made: Sequence[CallPoint], target: Target) -> Step | None:
    link = next(one for one in target.links if one.name == fault.edge)
    if fault.mode in CRASHES:
        return Step({"fault": "crash", "service": link.caller}, CRASH_S)
    if fault.mode in STANDBY:
        return Step({**STANDBY[fault.mode], "service": link.callee}, LINK_S)
    scripted = {service.name for service in target.services if service.scripted}
    if link.callee in scripted and fault.mode in STAND_IN:
        op, n = _nth(fault, made, getattr(target, "stand_in_ops", {}))
        rule = {**STAND_IN[fault.mode], "service": link.callee, "op": op, "first": n, "last": n}
        return Step(rule, CALL_S)
    return _on_link(fault, link)


def _on_link(fault: Fault, link: LinkSpec) -> Step | None:
    how = LINK.get(fault.mode)
    return Step({**how, "link": link.name}, LINK_S) if how is not None else None


def _nth(fault: Fault, made: Sequence[CallPoint], ops: Mapping[str, str]) -> tuple[str, int]:
    """The operation as its stand-in names it, and how many of these calls there were by then."""
    before: list[str] = []
    for call in made:
        edge, _, _ = call.point.rpartition("#")
        if edge == fault.edge:
            before.append(ops.get(call.operation, "*"))
        if call.point == fault.point:
            break
    op = before[-1] if before else "*"
    return op, max(len(before) if op == "*" else before.count(op), 1)


def _joined(last: Step, step: Step) -> bool:
    """Whether two steps are one: the same harm to calls that follow one another."""
    a, b = last.fault, step.fault
    if {**a, "last": 0, "first": 0} != {**b, "last": 0, "first": 0}:
        return False
    if "last" in a and b["first"] != a["last"] + 1:
        return False
    if "last" in a:
        a["last"] = b["last"]
    return True


def _apart(steps: list[Step]) -> None:
    """Two faults at one place must not overlap in time: the later one waits."""
    free: dict[str, float] = {}
    for step in steps:
        step.at_s = max(step.at_s, free.get(step.where, 0.0))
        free[step.where] = step.at_s + step.for_s + APART_S


def _document(found: Minimal, steps: list[Step], left_out: list[Fault], ask: Ask) -> str:
    written = [f"{one.invariant}: {one.what}" for one in found.broken]
    written += [f"Left out, real parts have no counterpart: {fault}." for fault in left_out]
    served = {
        "name": f"{ask.operation} is served",
        "measure": "served_ratio",
        "of": ask.operation,
        "tolerance": ">= 0.99",
    }
    method = [{"at": f"{s.at_s:g}s", "for": f"{s.for_s:g}s", **s.fault} for s in steps]
    return dump_yaml(
        {
            "title": f"Explored: {' + '.join(str(fault) for fault in found.plan)}",
            "description": "\n".join(written),
            "tags": ["explored"],
            **({"target": ask.target} if ask.target else {}),
            "objectives": {"recovery": "5s"},
            "load": {"arrivals": ARRIVALS, "journeys": dict(ask.journeys)},
            "steady-state-hypothesis": {"title": "Borrowers are served", "probes": [served]},
            "method": method,
            "recovery": f"{RECOVERY_S:g}s",
            "invariants": list(ask.invariants),
            "blast-radius": _blast(steps),
        }
    )


def _blast(steps: Iterable[Step]) -> dict[str, list[str]]:
    """The places of the steps, links and services apart; no empty list."""
    named = {
        key: list(dict.fromkeys(str(s.fault[word]) for s in steps if word in s.fault))
        for key, word in (("links", "link"), ("services", "service"))
    }
    return {key: names for key, names in named.items() if names}
