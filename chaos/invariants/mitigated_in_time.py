"""R2: what users feel is answered by people or their programs within the objective."""

from __future__ import annotations

from chaos.invariants._finding import Findings, Invariant, bad
from harness.experiment import Experiment
from harness.history import Event, History
from harness.model import Objectives, Outcome

LOOK_S = 2.0  # chosen: how long after a mend what users get is looked at
SERVED_MIN = 0.5  # chosen: share of it that says that it was one
NOBODY = "nobody was on call: the document needs on-call: true"


def _examine(history: History, objectives: Objectives) -> Findings:
    events = history.of("response")
    alert = next((event for event in events if event.f == "alert"), None)
    if alert is None:
        return Findings(0, missing="there was no alert, or " + NOBODY)
    steps = [one for one in events if one.f == "step" and not one.v["begins"]]
    mended = next((one for one in steps if one.v["does"] == "mend" and one.v["done"]), None)
    found = _late(alert, mended, steps, objectives.mitigate_s, history)
    took_s = None if mended is None else round(mended.t_s - alert.t_s, 3)
    return Findings(
        examined=1 + len(steps),
        bad=found,
        details={"mitigated_after_s": took_s, "allowed_s": objectives.mitigate_s},
    )


def _late(
    alert: Event, mended: Event | None, steps: list[Event], most_s: float, history: History
) -> list[dict[str, object]]:
    shown = [alert.i, *(one.i for one in steps)]
    if mended is None:
        last = steps[-1] if steps else alert
        stuck = f"the last step was {last.k!r}" if steps else "no step was done"
        what = f"the alert at {alert.t_s:.2f} s was never mitigated; {stuck}"
        return [bad(alert.t_s + most_s, what, shown)]
    if (took_s := mended.t_s - alert.t_s) > most_s:
        what = f"the alert at {alert.t_s:.2f} s was mitigated after {took_s:.1f} s"
        return [bad(mended.t_s, f"{what}, allowed {most_s:g} s", shown)]
    after = [one for one in history.all_ops if 0 <= one.last_s - mended.t_s <= LOOK_S]
    good = sum(one.outcome is Outcome.OK for one in after)
    if after and good < SERVED_MIN * len(after):
        what = f"{mended.k!r} was done at {mended.t_s:.2f} s, and of the next {len(after)} "
        return [bad(mended.t_s, f"{what}operations {good} ended well", shown)]
    return []


def _silent(experiment: Experiment) -> str:
    return "" if experiment.on_call else NOBODY


INVARIANT = Invariant(
    name="mitigated_in_time",
    ids=("R2",),
    claim="What users feel of a fault is mitigated within the objective, counted from the alert, "
    "and they are served afterwards.",
    examine=_examine,
    timed=True,
    silent=_silent,
)
