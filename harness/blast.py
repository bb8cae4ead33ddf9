"""What a document may touch and when it stops: its blast radius against its faults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from harness.acts import contradiction, span
from harness.errors import Problem
from harness.experiment import Document, Step, blast_radius
from harness.ports import Capability, Fault
from harness.target import FAILED_OPERATIONS, Target, failure_counters, places
from harness.text import quoted
from harness.units import Condition, Quantity, misfit
from harness.yaml_source import Place, nearest, unknown

OF_DATABASES = frozenset({Capability.REPLICATION, Capability.DISK})


def blast_problems(
    steps: Sequence[Step], document: Document, target: Target, place: Place
) -> Iterator[Problem]:
    """Places that there are not, faults beyond the radius or in each other's way, a guard that
    counts nothing."""
    radius = document.blast_radius
    for key, names, known in (
        ("links", radius.links, [link.name for link in target.links]),
        ("services", radius.services, [service.name for service in target.services]),
    ):
        for number, name in enumerate(names):
            if not set(places(target, name)) & set(known):
                yield unknown(key[:-1], name, known, place, "blast-radius", key, number)
    allowed = blast_radius(document, target)
    for step in steps:
        if not step.fault.blast.within(allowed):
            yield Problem(
                f"{step.fault.kind} touches {step.fault.where}, "
                "which the blast radius does not name",
                place.of("blast-radius"),
                remedy=f"add {step.fault.where} to blast-radius",
            )
    yield from _contradictions(steps, place)
    if radius.abort_when is not None:
        where = place.of("blast-radius", "abort-when")
        yield from _abort_when(radius.abort_when, target, where)


def able_services(fault: Fault, target: Target) -> list[str]:
    """Where a fault can be: what a stand-in answers, at those of its role if there are any; what
    only a database has, at one."""
    if fault.capability in OF_DATABASES:
        return [one.name for one in target.services if one.is_database]
    if fault.capability is not Capability.UPSTREAMS:
        return [one.name for one in target.services]
    scripted = [one for one in target.services if one.scripted]
    of_role = [one for one in scripted if one.kind == getattr(fault, "role", "")]
    return [one.name for one in of_role or scripted]


def calls_showing(fault: Fault, target: Target, service: str) -> list[str] | None:
    """The operations of a stand-in whose calls can show a fault; None where nobody tells: such a
    one (no `rule_ops` of the target, no `fits` of the fault) is taken at its word."""
    ops, fits = getattr(target, "rule_ops", {}).get(service), getattr(fault, "fits", None)
    return None if not ops or fits is None else list(fits(ops))


def rule_problems(fault: Fault, target: Target, place: Place, number: int) -> Iterator[Problem]:
    """A service that is nobody who can do this, or none of whose calls can show it."""
    service, at = getattr(fault, "service", ""), place.of("method", number, "service")
    if service not in (able := able_services(fault, target)):
        what = "database" if fault.capability in OF_DATABASES else "stand-in that can do this"
        cause = f"{fault.kind} at {service}: it is no {what}"
        yield Problem(cause, at, ", ".join(able) or f"nothing: target {target.name} has none")
        return
    showing = calls_showing(fault, target, service)
    if showing is None:
        return
    if not showing:
        yield Problem(f"{fault.kind} at {service}: none of its calls can show it", at)
    elif (op := getattr(fault, "op", "*")) not in ("*", *showing):
        cause = f"{fault.kind} at {service}: no call of {quoted(op)} can show it"
        where = place.of("method", number, "op")
        yield Problem(cause + nearest(op, showing), where, ", ".join(("*", *showing)))


def _abort_when(limit: Condition, target: Target, where: str) -> Iterator[Problem]:
    counters = (FAILED_OPERATIONS, *failure_counters(target).values())
    if limit.subject not in counters:
        cause = f"abort-when counts {quoted(limit.subject)}" + nearest(limit.subject, counters)
        yield Problem(cause, where, ", ".join(counters))
    elif wrong := misfit(limit, Quantity.COUNT, limit.subject):
        yield Problem(wrong[0], where, remedy=wrong[1])
    elif limit.holds(0):
        cause = f"{str(limit)!r} holds before anything has happened: the run would end at once"
        yield Problem(cause, where, remedy=f"for example '{limit.subject} > 200'")


def _contradictions(steps: Sequence[Step], place: Place) -> Iterator[Problem]:
    """Faults at one place compose; those that cannot be as written at one time are refused."""
    spans = [
        (number, span(step.fault, *window))
        for number, step in enumerate(steps)
        for window in step.windows
    ]
    reported = set()
    for (number, one), (earlier, other) in combinations(spans, 2):
        if one.fault.where != other.fault.where or not one.overlaps(other):
            continue
        why = contradiction(one, other)
        if why and (number, earlier) not in reported:
            reported.add((number, earlier))
            yield Problem(
                f"{one.fault.kind} and {other.fault.kind} overlap at {one.fault.where}: {why}",
                place.of("method", max(number, earlier)),
                remedy="let one end before the other begins, or use another place",
            )
