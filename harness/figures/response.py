"""How an alert was answered, by what was written down of it meanwhile.

alert ── acknowledged ── decided ── mitigated      all on the run clock, s; None: it did not happen
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.experiment import Experiment
from harness.history import Event, History

INSTANTS = {"acknowledged_s": "page", "decided_s": "decide", "mitigated_s": "mend"}
"""Instant -> the kind of step whose end it is."""


def response(experiment: Experiment, history: History) -> dict[str, object]:
    """The instants, their distance from the alert, and every step; {} where nobody was on call."""
    if not experiment.on_call:
        return {}
    events = history.of("response")
    alert_s = next((event.t_s for event in events if event.f == "alert"), None)
    ends = [event for event in events if event.f == "step" and not event.v["begins"]]
    seen = {name: _first(ends, does) for name, does in INSTANTS.items()}
    begun = [e for e in events if e.f == "step" and e.v["begins"] and e.v["does"] == "mend"]
    by_default = seen["decided_s"] is None and bool(begun)
    if by_default:
        seen["decided_s"] = begun[0].t_s
    after = {f"to_{name}": _since(alert_s, t_s) for name, t_s in seen.items()}
    return {
        "alert_s": None if alert_s is None else round(alert_s, 3),
        **{name: None if t_s is None else round(t_s, 3) for name, t_s in seen.items()},
        **after,
        "by_default": by_default,
        "objective_s": experiment.objectives.mitigate_s,
        "steps": list(_steps(ends)),
    }


def _first(ends: Sequence[Event], does: str) -> float | None:
    """When the first step of a kind was done."""
    return next((e.t_s for e in ends if e.v["does"] == does and e.v["done"]), None)


def _since(alert_s: float | None, t_s: float | None) -> float | None:
    return None if alert_s is None or t_s is None else round(t_s - alert_s, 3)


def _steps(ends: Sequence[Event]) -> Iterator[Mapping[str, object]]:
    for event in ends:
        told = {key: event.v[key] for key in ("does", "about", "done", "took_s")}
        yield {"name": event.k, "at_s": round(event.t_s - event.v["took_s"], 3), **told}
