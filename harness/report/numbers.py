"""What a designer asks for after the verdict, as rows of text: one source for terminal, Markdown
and page, all from the result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.json_types import JsonObject
from harness.model import RunResult
from harness.report.words import duration, ms, number, percent, seconds

WHENS = {"before": "before the fault", "after": "after recovery", "load": "under load"}
RISK_ROWS = 8  # instants at which money at risk is printed; chosen


class Limit(NamedTuple):
    """A probe or a threshold, and what was seen.

    Args:
        met: None where too little was seen to say.
    """

    name: str
    tolerance: str
    met: bool | None
    shown: str
    when: str
    note: str


def limits(result: RunResult) -> Iterator[Limit]:
    """Every probe each time it was looked at, then every threshold; held ones too."""
    for one in result.hypothesis:
        for probe in one.probes:
            yield _limit(probe, WHENS.get(one.when, one.when), probe["name"])
    for seen in result.thresholds:
        when = f"in {seen.get('during', 'fault')}"
        yield _limit(seen, when, seen["name"])


def _limit(seen: JsonObject, when: str, name: str) -> Limit:
    notes = [f"n={seen['n']}"]
    if interval := seen.get("interval_95"):
        notes.append(f"95 % interval {interval[0]:.4g} to {interval[1]:.4g}")
    if (windows := seen.get("windows", 1)) > 1:
        notes.append(f"worst of {windows} windows")
    notes += [str(seen[key]) for key in ("window", "why") if seen.get(key)]
    met = None if "why" in seen else bool(seen["met"])
    return Limit(name, str(seen["tolerance"]), met, str(seen["shown"]), when, ", ".join(notes))


def response(result: RunResult) -> list[tuple[str, str]]:
    """How the alert was answered, step by step; [] where nobody was on call."""
    seen = result.figures.get("response")
    if not seen:
        return []
    told = {name: _after(seen[f"to_{name}_s"]) for name in ("acknowledged", "decided", "mitigated")}
    told["decided"] += ", by default" if seen["by_default"] else ""
    told["mitigated"] += f", objective {duration(seen['objective_s'])}"
    rows = [("alert", seconds(seen["alert_s"])), *told.items()]
    for step in seen["steps"]:
        end = "done" if step["done"] else "time is up"
        what = f"{step['does']} {step['about']}".strip()
        rows.append((step["name"], f"{what}: {end} after {duration(step['took_s'])}"))
    return rows


def _after(took_s: float | None) -> str:
    return "never" if took_s is None else f"{duration(took_s)} later"


def outage(result: RunResult) -> list[tuple[str, str]]:
    """The instants of the outage and the recovery time; [] without a fault."""
    seen = result.figures.get("recovery")
    if not seen:
        return []
    took = seen["recovery_time_s"]
    recovery = "never" if took is None else duration(took)
    rows = [
        ("fault began", seconds(seen["fault_s"])),
        ("first failure", seconds(seen["first_failure_s"])),
        ("service showed that it knows", seconds(seen["detected_s"])),
        *(
            (f"failover to {one['to']}", f"{seconds(one['t_s'])}, from {one['from']}")
            for one in seen["failover"]
        ),
        ("healed", seconds(seen["healed_s"])),
        ("first good answer again", seconds(seen["first_good_s"])),
        ("recovered", seconds(seen["recovered_s"])),
        ("recovery time", f"{recovery}, objective {duration(seen['objective_s'])}"),
    ]
    if out := seen.get("outage"):
        good, lasting = out["first_good_s"], out["sustained_s"]
        told = ["never" if one is None else duration(one) for one in (good, lasting)]
        rows.append(
            ("out of service", f"{told[0]} until good answers, {told[1]} until they lasted")
        )
        most_s = seen["degraded_objective_s"]
        asked = "" if most_s is None else f", objective {duration(most_s)}"
        rows.append(("worse than on a good day", duration(out["degraded_s"]) + asked))
    if loss := result.figures.get("loss"):
        rows.append(("loss", f"{loss['lost']} acknowledged and gone, allowed {loss['objective']}"))
    return rows


def budgets(result: RunResult) -> list[tuple[str, str, str]]:
    """Operation, what failed of what may, share of the budget that is spent."""
    return [
        (
            f"{one['of']} {one['measure']} {one['limit']:g}",
            f"{one['bad']} bad of {one['n']}, {number(one['allowed'])} may fail",
            f"{percent(one['spent'])} spent" if one["spent"] is not None else "too few to say",
        )
        for one in result.figures.get("error_budget", [])
    ]


def latencies(result: RunResult) -> tuple[list[str], list[list[str]]]:
    """Heads and rows: an operation, and p50 / p95 / p99 in ms for each phase; failed ones apart."""
    rows = result.figures.get("latency", [])
    phases = list(dict.fromkeys(row["phase"] for row in rows))
    order = [one for one in ("baseline", "load", "fault", "recovery") if one in phases]
    table = []
    for prefix, suffix in (("", ""), ("failed_", " failed")):
        for of in dict.fromkeys(row["of"] for row in rows):
            its = {row["phase"]: row for row in rows if row["of"] == of}
            cells = [_triple(its.get(phase), prefix) for phase in order]
            if not prefix or any(cells):
                table.append([of + suffix, *(cell or "-" for cell in cells)])
    return ["p50 / p95 / p99, ms", *order], table


def _triple(row: JsonObject | None, prefix: str) -> str:
    values = [row[f"{prefix}p{p}_s"] for p in (50, 95, 99)] if row else [None]
    return "" if None in values else " / ".join(map(ms, values))


def risk_words(result: RunResult) -> str:
    """The most, and what is left, in a line; "" where the target tells nothing of money."""
    risk = result.figures.get("risk")
    if not risk:
        return ""
    left = f"{risk['end_minor']:,} in {risk['end_count']} at the end" if risk["end_count"] else (
        "nothing at the end"
    )  # fmt: skip
    return (
        f"at most {risk['peak_minor']:,} minor units at {seconds(risk['peak_t_s'])}, oldest "
        f"{duration(risk['oldest_s'])}; {left}"
    )


def risk_rows(result: RunResult) -> list[tuple[str, str, str]]:
    """Money at risk over time, in at most RISK_ROWS stretches: until when, most, oldest."""
    risk = result.figures.get("risk")
    if not risk:
        return []
    sums, ages, width_s = risk["sum_minor"], risk["oldest_for_s"], risk["width_s"]
    step = -(-len(sums) // RISK_ROWS)
    return [
        (
            f"{at * width_s:g}..{min(at + step, len(sums)) * width_s:g} s",
            f"{max(sums[at : at + step]):,}",
            duration(max(ages[at : at + step])),
        )
        for at in range(0, len(sums), step)
    ]
