"""The reports that a class demands: what each holds, when all of it was known, and the limit.

A report is complete at the instant at which the last of its fields was known to the service. Who
never detected the incident is never complete; where the history is cut off, nobody can tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from harness.json_types import JsonDict, JsonObject
from harness.model import EXIT_CODES, RunVerdict
from harness.oversight.classification import HOUR_S, Classified
from harness.oversight.incident import Incident, Seen, until
from harness.oversight.rules import MEASURES, Report, Rules

EVENTS_MAX = 5_000  # chosen: things that one field lists
MINUTE_S = 60.0


def pack(found: Incident, rules: Rules, applied: Sequence[Classified]) -> JsonDict:
    """Clock, classification and reports as plain data; instants in s of the run."""
    reports = [
        report
        for one in applied
        if one.applies
        for report in _reports(found, one, rules.time_scale)
    ]
    return {
        "title": rules.title,
        "time_scale": rules.time_scale,
        "in_doubt_after_s": rules.in_doubt_after_s,
        "clock": {
            "first_harm_s": found.first_harm_s,
            "detected_s": found.detected_s,
            "mitigated_s": found.mitigated_s,
            "ended_s": found.ended_s,
        },
        "figures": {
            "users_hit": len(found.users),
            "users_seen": found.seen_users,
            "money_in_doubt_minor": until(found.money, found.length_s),
            "still_in_doubt_minor": found.open_minor,
            "promises_broken": len(found.broken),
            "acknowledged_lost": found.lost,
        },
        "rules": [_rule(one) for one in applied],
        "reports": reports,
        "ledgers": [{"service": name, "entries": held} for name, held in found.ledgers],
        "gaps": list(found.gaps),
        "exit_code": _code(found, reports),
    }


def _code(found: Incident, reports: Sequence[JsonObject]) -> int:
    """1 where a report is late or never complete, 3 where evidence is missing, else 0."""
    if any(one["met"] is False for one in reports):
        return EXIT_CODES[RunVerdict.FAIL]
    lacking = found.gaps or any(one["met"] is None for one in reports)
    return EXIT_CODES[RunVerdict.INCONCLUSIVE if lacking else RunVerdict.PASS]


def _rule(one: Classified) -> JsonDict:
    rule = one.rule
    return {
        "id": rule.id,
        "class": rule.class_,
        "applies": one.applies,
        "classified_s": one.at_s,
        "needed": rule.needed,
        "criteria": [{**asdict(met), "says": MEASURES[met.measure]} for met in one.criteria],
        "source": rule.source,
        "verified": rule.verified,
    }


def _reports(found: Incident, one: Classified, time_scale: float) -> list[JsonDict]:
    instants: dict[str, float | None] = {"detected": found.detected_s, "classified": one.at_s}
    told = []
    for report in one.rule.reports:
        known = {field: _known_s(found, one, field) for field in report.fields}
        from_s = instants[report.after]
        complete_s = _latest([*known.values(), from_s])
        instants[report.report] = complete_s
        told.append(_report(found, one, report, known, (from_s, complete_s), time_scale))
    return told


def _report(
    found: Incident,
    one: Classified,
    report: Report,
    known: Mapping[str, float | None],
    span: tuple[float | None, float | None],
    time_scale: float,
) -> JsonDict:
    from_s, complete_s = span
    limit_min = report.within_h * HOUR_S / MINUTE_S
    took_min = None
    if from_s is not None and complete_s is not None:
        took_min = round((complete_s - from_s) * time_scale / MINUTE_S, 2)
    return {
        "name": f"{one.rule.id}-{report.report}",
        "rule": one.rule.id,
        "report": report.report,
        "after": report.after,
        "from_s": from_s,
        "complete_s": complete_s,
        "limit_min": limit_min,
        "took_min": took_min,
        "met": _met(took_min, limit_min, _nobody_can_tell(found, from_s, limit_min, time_scale)),
        "missing": [field for field, t_s in known.items() if t_s is None],
        "fields": {
            field: {"known_s": t_s, **_value(found, one, field, complete_s)}
            for field, t_s in known.items()
        },
        "source": one.rule.source,
        "verified": one.rule.verified,
    }


def _nobody_can_tell(
    found: Incident, from_s: float | None, limit_min: float, time_scale: float
) -> bool:
    """Whether a report that was not seen complete may have been: since when the service knew is
    not known, or its time was not over yet when the history was cut off."""
    if not found.cut or from_s is None:
        return found.untold or found.cut
    return (found.length_s - from_s) * time_scale / MINUTE_S <= limit_min


def _met(took_min: float | None, limit_min: float, untold: bool) -> bool | None:
    if took_min is None:
        return None if untold else False
    return took_min <= limit_min


def _known_s(found: Incident, one: Classified, field: str) -> float | None:
    """When the service could have told it; None: never."""
    since = {
        "detected": found.detected_s,
        "first_harm": found.first_harm_s,
        "classification": one.at_s,
        "users_so_far": found.detected_s,
        "money_so_far": found.detected_s,
        "mitigated": found.mitigated_s,
        "cause": found.mended_s,
        "ended": found.ended_s,
        "users_total": found.ended_s,
        "money_total": None if found.cut else found.length_s,  # once the ledgers were read
        "promises_broken": None if found.cut else found.length_s,
    }[field]
    return _latest([since, found.detected_s])


def _value(found: Incident, one: Classified, field: str, t_s: float | None) -> JsonDict:
    """What a field holds in a report of an instant, with the ids of what shows it."""
    end_s = found.length_s if t_s is None else t_s
    if field in ("users_so_far", "users_total"):
        return _counted(found.users, end_s if field == "users_so_far" else found.length_s)
    if field in ("money_so_far", "money_total"):
        told = _counted(found.money, end_s if field == "money_so_far" else found.length_s)
        still = {"still_in_doubt_minor": found.open_minor} if field == "money_total" else {}
        return {**told, **still}
    if field == "promises_broken":
        return _counted(found.broken, found.length_s)
    if field == "cause":
        return {"value": list(found.causes)}
    if field == "classification":
        met = [m.measure for m in one.criteria if m.at_s is not None]
        return {"value": f"{one.rule.class_} by {', '.join(met)}"}
    return {"value": getattr(found, f"{field}_s")}


def _counted(seen: Sequence[Seen], t_s: float) -> JsonDict:
    counted = [one for one in seen if one.t_s <= t_s]
    return {
        "value": sum(one.amount for one in counted),
        "of": [asdict(one) for one in counted[:EVENTS_MAX]],
    }


def _latest(times: Sequence[float | None]) -> float | None:
    known = [one for one in times if one is not None]
    return max(known) if len(known) == len(times) else None
