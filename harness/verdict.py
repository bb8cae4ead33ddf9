"""From evidence to one verdict and its reasons. Pure; the exit code follows from the verdict
alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from harness.json_types import JsonObject
from harness.model import FaultReport, HypothesisResult, RunVerdict, Validity, Verdict

DELIVERED_MIN = 0.95  # chosen, not measured: below it, the service was not put to the test
WHEN = {"before": "before the fault", "after": "after recovery", "load": "under load"}
LATE_MAX = 0.05  # chosen: later arrivals than that are a load of another shape


@dataclass(frozen=True)
class Findings:
    """Everything a verdict rests on.

    Args:
        unasked: entries of ledgers that no operation asked for: somebody else's.
        figures: numbers beside it; no verdict follows from them.
    """

    hypothesis: tuple[HypothesisResult, ...]
    verdicts: tuple[Verdict, ...]
    thresholds: tuple[Mapping[str, object], ...]
    faults: tuple[FaultReport, ...]
    faults_planned: int
    load: JsonObject
    aborted: str = ""
    unhealed: tuple[str, ...] = ()
    exits: tuple[JsonObject, ...] = ()
    unasked: tuple[str, ...] = ()
    figures: Mapping[str, object] = field(default_factory=dict)


def decide(found: Findings) -> tuple[RunVerdict, tuple[str, ...]]:
    """The verdict and its reasons, the weightiest first.

    unsafe > fail > inconclusive > pass: a broken invariant stays a finding even where other
    evidence is missing. Where somebody else used the system, nobody knows whose doing it is.
    """
    if found.unhealed:
        return RunVerdict.UNSAFE, found.unhealed
    found = _until_a_program_died(found)
    weaknesses = tuple(_weaknesses(found))
    doubts = tuple(_doubts(found))
    if found.unasked:
        return RunVerdict.INCONCLUSIVE, doubts + weaknesses
    if weaknesses:
        return RunVerdict.FAIL, weaknesses + doubts
    if doubts:
        return RunVerdict.INCONCLUSIVE, doubts
    held = f"{len(found.verdicts)} invariants held, steady state {_steady(found)}"
    faults = "1 fault" if len(found.faults) == 1 else f"{len(found.faults)} faults"
    shown = f"{faults} proven and undone" if found.faults_planned else "no fault planned"
    return RunVerdict.PASS, (f"{held}, {shown}",)


def _steady(found: Findings) -> str:
    return " and ".join(WHEN[result.when].split()[0] for result in found.hypothesis)


def _until_a_program_died(found: Findings) -> Findings:
    """Without what was seen after a program was last alive that ended, and not by the service's own
    doing: nobody knows what of that is the service's."""
    foreign = [one.get("alive_s", one["t_s"]) for one in found.exits if not one["finding"]]
    alive_s = min(foreign, default=None)
    if alive_s is None:
        return found
    kept = tuple(
        verdict
        for verdict in found.verdicts
        if verdict.validity is not Validity.INVALID or _seen_s(verdict, alive_s) < alive_s
    )
    return replace(found, verdicts=kept, thresholds=(), hypothesis=found.hypothesis[:1])


def _seen_s(verdict: Verdict, unknown_s: float) -> float:
    """When all was there that a counterexample rests on."""
    first = verdict.first_bad or {}
    return float(first.get("t_to_s", first.get("t_s", unknown_s)))


def broken(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Each broken invariant with its first counterexample."""
    for verdict in verdicts:
        if verdict.validity is Validity.INVALID:
            witness = (verdict.first_bad or {}).get("what", verdict.claim)
            yield f"{verdict.title}: {witness}"


def _weaknesses(found: Findings) -> Iterator[str]:
    yield from (str(one["what"]) for one in found.exits if one["finding"])
    yield from broken(found.verdicts)
    for seen in found.thresholds:
        if not seen["met"] and "why" not in seen:
            yield f"threshold {_threshold(seen)}"
    for fault in found.faults:
        if fault.worse:
            yield f"{fault.where} reads back healthy after {fault.kind}, but {fault.worse}"
    for result in found.hypothesis:
        if result.when != "before" and not result.met:
            measured = [probe for probe in result.probes if "why" not in probe]
            when = WHEN[result.when]
            yield from (_probe(probe, when) for probe in measured if not probe["met"])


def _doubts(found: Findings) -> Iterator[str]:
    yield from (str(one["what"]) for one in found.exits if not one["finding"])
    if found.unasked:
        first, more = found.unasked[0], len(found.unasked) - 1
        others = f" and {more} more entries" if more else ""
        yield (
            f"somebody else used the system: no operation asked for {first}{others}; what broke "
            "may be their doing"
        )
    if found.aborted:
        yield f"stopped early: {found.aborted}"
    for result in found.hypothesis:
        for probe in result.probes:
            if not probe["met"] and (result.when == "before" or "why" in probe):
                yield "no steady state: " + _probe(probe, WHEN[result.when])
    for seen in found.thresholds:
        if "why" in seen:
            yield f"threshold {seen['name']} is unknown: {seen['why']}{_where(seen)}"
    if not found.aborted:
        yield from _undelivered(found)
    for fault in found.faults:
        if fault.unready:
            yield f"{fault.where} is not what it was after {fault.kind}: {fault.unready}"
        if not (fault.proven or fault.cut_short):
            yield f"{fault.kind} at {fault.where} had no provable effect: {not_proven(fault)}"
    for verdict in found.verdicts:
        if verdict.validity is Validity.UNKNOWN:
            yield f"{verdict.title} is unknown: {verdict.why}"


def not_proven(fault: FaultReport) -> str:
    """Why a fault counts as not proven, in words."""
    claim = fault.evidence.get("claim", "it bit")
    if fault.evidence.get("traffic") == 0:
        why = f"nobody used {fault.where} meanwhile, so nothing can show that {claim}"
    else:
        why = f"nothing shows that {claim}"
    seen = evidence_words(fault)
    return f"{why} ({seen})" if seen else why


def evidence_words(fault: FaultReport) -> str:
    """The numbers that were seen of a fault."""
    parts = [
        f"{key.replace('_', ' ')} {_short(value)}"
        for key, value in fault.evidence.items()
        if key not in ("claim", "canary")
    ]
    canary = fault.evidence.get("canary")
    if isinstance(canary, Mapping) and canary:
        parts.append("canary " + ", ".join(f"{when} {what}" for when, what in canary.items()))
    return ", ".join(parts)


def _short(value: object) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _undelivered(found: Findings) -> Iterator[str]:
    """What a run that was not stopped owes: every planned fault, the whole load, in time."""
    if len(found.faults) < found.faults_planned:
        yield f"{found.faults_planned - len(found.faults)} planned fault(s) were never injected"
    load = found.load
    asked, delivered, late = (load.get(key, 0) for key in ("asked", "delivered", "late"))
    if killed := load.get("killed"):
        yield f"load not delivered: {killed}"
    elif not asked or delivered < DELIVERED_MIN * asked:
        yield f"load not delivered: {delivered} of {asked} journeys started"
    if asked and late > LATE_MAX * asked:
        yield f"load late: {late} of {asked} journeys started more than 100 ms late"


def _threshold(seen: Mapping[str, object]) -> str:
    return f"{seen['name']} was {seen['shown']}{_where(seen)}, allowed {seen['tolerance']}"


def _where(seen: Mapping[str, object]) -> str:
    return f" during {seen['window']}" if "window" in seen else ""


def _probe(probe: Mapping[str, object], when: str) -> str:
    why = f" ({probe['why']})" if "why" in probe else ""
    seen = f"{probe['name']} was {probe['shown']} {when}"
    return f"{seen}, needs {probe['tolerance']}, n={probe['n']}{why}"
