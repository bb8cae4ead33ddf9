"""What each panel of the report shows, as plain values; the templates lay it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import NamedTuple

from harness.figures.outcomes import Class, classes
from harness.json_types import JsonDict, JsonObject
from harness.measures import served
from harness.model import Phase, RunResult, RunVerdict, Validity
from harness.report.compare import last_green
from harness.report.gauges_panel import gauges_chart, usage_chart
from harness.report.latency_panel import latency_panel
from harness.report.more_charts import load_chart, risk_chart
from harness.report.numbers import response as response_rows
from harness.report.numbers import risk_words
from harness.report.programs_panel import programs_table
from harness.report.recorded import Recorded
from harness.report.series import series
from harness.report.stories_panel import story_layouts
from harness.report.timeline import Columns, outcomes_chart, timeline_chart
from harness.report.topology import topology
from harness.report.words import duration, fault_words, ms, number, percent, seconds, sentence

NAMES = {
    Class.SERVED: "served",
    Class.DEGRADED: "degraded",
    Class.REFUSED: "refused, explained",
    Class.UNEXPLAINED: "unexplained",
}
FAILURES_MAX = 40  # rows; chosen
ACTIVITY_MAX = 400


class Tile(NamedTuple):
    """A number of the head."""

    name: str
    value: str
    note: str = ""
    css: str = ""


def context(result: RunResult, recorded: Recorded) -> dict[str, object]:
    """Everything that the templates name."""
    classed = classes(recorded.history, recorded.target)
    slices = series(classed, max(recorded.length_s, 1.0))
    header = recorded.history.header
    return {
        "sentence": sentence(result),
        "description": recorded.experiment.description,
        "began": str(header.get("began", "")),
        "version": version("chaos-harness"),
        "tiles": [_plain(tile, result) for tile in _tiles(result)],
        "panels": PANELS,
        **_hypothesis(result, recorded),
        "timeline": timeline_chart(slices, result, recorded),
        "outcomes": outcomes_chart(slices, recorded),
        "risk_chart": risk_chart(result, recorded),
        "risk_words": risk_words(result),
        "risk_left": result.figures.get("risk", {}).get("end", []),
        "impact": list(_impact(result)),
        "budgets": result.figures.get("error_budget", []),
        "outcome_names": list(NAMES.values()),
        "outcome_rows": [
            (phase, list(counts.values()))
            for phase, counts in result.figures.get("outcomes", {}).items()
        ],
        **latency_panel(result),
        "load_chart": load_chart(slices, recorded),
        "load_sentence": _load(result.load),
        "stages": result.load.get("stages", []),
        "invariants": sorted(result.verdicts, key=lambda one: _WORST[one.validity]),
        "gauges": gauges_chart(recorded),
        "usage": usage_chart(recorded),
        "grown": programs_table(result),
        "topo": topology(result, recorded),
        "green": last_green(result),
        "stories": story_layouts(result, recorded),
        "faults": [{**asdict(one), "words": fault_words(one)} for one in result.faults],
        "activity": list(_activity(recorded))[:ACTIVITY_MAX],
        "endpoints": _endpoints(result),
        "failures": _failures(recorded),
        "document": _document(recorded),
        "versions": _versions(header),
    }


PANELS = (
    ("hypothesis", "Steady state and thresholds"),
    ("timeline", "Master timeline"),
    ("impact", "Impact"),
    ("outcomes", "Outcomes"),
    ("latency", "Latency"),
    ("load", "Load asked and delivered"),
    ("state", "Breakers, retries, queues"),
    ("money", "Money safety, invariants and counterexamples"),
    ("stories", "Stories of the counterexamples"),
    ("topology", "Topology: the fault, and who took over"),
    ("log", "Faults, and their undo"),
    ("tables", "Operations and failures"),
    ("compare", "Beside the last green run"),
    ("repeat", "Repeat it"),
)
_WORST = {Validity.INVALID: 0, Validity.UNKNOWN: 1, Validity.VALID: 2}


def _tiles(result: RunResult) -> Iterator[Tile]:
    recovery = result.figures.get("recovery", {})
    if recovery:
        took_s, objective_s = recovery["recovery_time_s"], recovery["objective_s"]
        late = took_s is None or took_s > objective_s
        value = "never" if took_s is None else duration(took_s)
        note = f"objective {duration(objective_s)}, from healing to lasting good service"
        yield Tile("Recovery time", value, note, "bad" if late else "good")
    if loss := result.figures.get("loss"):
        bad = loss["lost"] > loss["objective"]
        note = f"acknowledged, then gone; allowed {loss['objective']}"
        yield Tile("Loss", str(loss["lost"]), note, "bad" if bad else "good")
    spent = [one for one in result.figures.get("error_budget", []) if one["spent"] is not None]
    if spent:
        worst = max(spent, key=lambda one: one["spent"])
        note = f"{worst['of']}: {worst['bad']} bad, {number(worst['allowed'])} may fail"
        css = "bad" if worst["spent"] > 1 else "good"
        yield Tile("Error budget spent", percent(worst["spent"]), note, css)
    if risk := result.figures.get("risk"):
        left = risk["end_minor"]
        note = f"minor units, never told; at most {risk['peak_minor']:,}"
        yield Tile("Money at risk at the end", f"{left:,}", note, "bad" if left else "good")
    broken = sum(one.validity is Validity.INVALID for one in result.verdicts)
    unknown = sum(one.validity is Validity.UNKNOWN for one in result.verdicts)
    note = f"of {len(result.verdicts)}" + (f", {unknown} unknown" if unknown else "")
    css = "bad" if broken else "unsure" if unknown else "good"
    yield Tile("Invariants broken", str(broken), note, css)
    if users := result.figures.get("users"):
        hit = users["unexplained"]
        note = f"of {users['seen']} got no explanation, {users['refused']} an explained refusal"
        yield Tile("Users hit", str(hit), note, "bad" if hit else "good")


def _plain(tile: Tile, result: RunResult) -> Tile:
    """A run without a verdict on the service has no good numbers, only numbers."""
    decided = result.verdict in (RunVerdict.PASS, RunVerdict.FAIL)
    return tile if decided or tile.css != "good" else tile._replace(css="")


def _hypothesis(result: RunResult, recorded: Recorded) -> JsonDict:
    """Rows of probes and thresholds, one column an instant at which they were looked at."""
    whens = {"before": "Before", "during": "During", "after": "After", "load": "Under load"}
    rows: dict[tuple[str, str], dict[str, Mapping[str, object]]] = {}
    for one in result.hypothesis:
        for probe in one.probes:
            rows.setdefault((probe["name"], probe["tolerance"]), {})[one.when] = probe
    for probe in result.figures.get("during", ()):
        its = rows.setdefault((probe["name"], probe["tolerance"]), {})
        its["during"] = {**probe, "decides": False}
    for seen in result.thresholds:
        when = {Phase.BASELINE: "before", Phase.FAULT: "during", Phase.LOAD: "load"}
        rows.setdefault((f"{seen['name']} in {seen['during']}", seen["tolerance"]), {})[
            when.get(seen["during"], "after")
        ] = seen
    used = [when for when in whens if any(when in cells for cells in rows.values())]
    return {
        "hypothesis_title": recorded.experiment.hypothesis.title,
        "whens": [whens[when] for when in used],
        "hypothesis": [
            {
                "name": name,
                "tolerance": tolerance,
                "cells": [_cell(cells[when]) if when in cells else None for when in used],
            }
            for (name, tolerance), cells in rows.items()
        ],
    }


def _cell(seen: JsonObject) -> JsonDict:
    return {"why": "", "interval_95": None, "window": "", "decides": True, **seen}


def _impact(result: RunResult) -> Iterator[tuple[str, str]]:
    figures = result.figures
    counts = figures.get("outcomes", {}).get("all", {})
    total = sum(counts.values())
    for name in Class:
        share = counts.get(name, 0) / total if total else 0.0
        yield f"Operations {NAMES[name]}", f"{counts.get(name, 0):,} ({number(100 * share)} %)"
    if users := figures.get("users"):
        yield "Users", f"{users['seen']:,}"
        yield "Users with an unexplained failure", f"{users['unexplained']:,}"
        yield "Users refused with reasons", f"{users['refused']:,}"
    if recovery := figures.get("recovery"):
        yield "Fault began", seconds(recovery["fault_s"])
        yield "First failure", seconds(recovery["first_failure_s"])
        yield "Service first showed that it knows", seconds(recovery["detected_s"])
        yield "Healed", seconds(recovery["healed_s"])
        yield "First good answer to what had failed", seconds(recovery["first_good_s"])
        yield "Recovered", seconds(recovery["recovered_s"])
    yield from ((f"Response: {what}", told) for what, told in response_rows(result))


def _load(load: JsonObject) -> str:
    if "asked" not in load:
        return "No load was reported."
    return (
        f"{load.get('delivered')} of {load.get('asked')} journeys started, {load.get('late')} late"
        f" (worst {duration(load.get('late_worst_s'))}), {load.get('dropped')} dropped,"
        f" {load.get('operations', 0)} operations."
    )


def _activity(recorded: Recorded) -> Iterator[tuple[float, str, str]]:
    for event in recorded.history.events:
        if event.src == "nemesis":
            action = event.v.get("action")
            if action in ("inject", "heal"):
                done = {"invoke": "begins to", "ok": "did", "info": "could not"}.get(event.type, "")
                yield event.t_s, "nemesis", f"{done} {action} {event.f} at {event.k}"
            elif action == "observe":
                shown = f"canary {event.v.get('canary')} in {duration(event.v.get('latency_s'))}"
                yield event.t_s, "nemesis", f"looks at {event.k} ({event.v.get('when')}): {shown}"
        elif event.src == "clock" and event.type not in ("start", "end"):
            yield event.t_s, event.p, _clock_words(event.f, event.k, event.v)


def _clock_words(f: str, k: str, v: JsonObject) -> str:
    if f == "phase":
        return f"phase {k}"
    if f == "clean":
        left = v.get("left") or []
        return "everything was ended" if not left else f"left behind: {', '.join(map(str, left))}"
    shown = ", ".join(f"{name} {value}" for name, value in v.items())
    return f"{f}: {shown}" if shown else f


def _endpoints(result: RunResult) -> Columns:
    head = ["Operation", "n", "good", "failed", "unanswered", "worst p99, ms"]
    rows: dict[str, list[JsonObject]] = {}
    for row in result.figures.get("latency", []):
        rows.setdefault(row["of"], []).append(row)
    sums = ("n", "good", "failed", "unanswered")
    return Columns(
        head,
        [
            [
                of,
                *(f"{sum(row[key] for row in its):,}" for key in sums),
                ms(max((r["p99_s"] for r in its if r["p99_s"] is not None), default=None)),
            ]
            for of, its in rows.items()
        ],
    )


def _failures(recorded: Recorded) -> list[dict[str, object]]:
    counts: Counter[tuple[str, str, str]] = Counter()
    first: dict[tuple[str, str, str], float] = {}
    for op in recorded.history.all_ops:
        if served(op) or op.phase == Phase.SETTLED:
            continue
        status = op.value.get("http_status")
        key = (op.f, f"HTTP {status} {op.err}" if status else op.err, op.phase)
        counts[key] += 1
        first.setdefault(key, op.last_s)
    return [
        {"f": f, "result": result, "phase": phase, "n": n, "t_s": first[f, result, phase]}
        for (f, result, phase), n in counts.most_common(FAILURES_MAX)
    ]


def _document(recorded: Recorded) -> str:
    import json

    return json.dumps(recorded.experiment.document, indent=2, default=str, ensure_ascii=False)


def _versions(header: JsonObject) -> str:
    commit, versions = header.get("commit", ""), header.get("versions", {})
    return ", ".join(
        [*(f"{k} {v}" for k, v in versions.items()), *([f"commit {commit}"] if commit else [])]
    )
