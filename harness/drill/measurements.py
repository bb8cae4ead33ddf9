"""What a drill measured, beside what was asked for: seconds, and what was promised and lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from harness.json_types import JsonDict, JsonObject

SECONDS = (
    # name, where it stands in the figures, the target's key beside it
    ("from the fault to the first failure", ("fell_s",), ""),
    ("from the fault until the service showed that it knows", ("detected_s",), ""),
    ("until the first good answer of all that failed", ("outage", "first_good_s"), ""),
    ("until good service that lasts", ("outage", "sustained_s"), ""),
    ("worse than on a good day", ("outage", "degraded_s"), "degraded_objective_s"),
    ("recovery after the undo", ("recovery_time_s",), "objective_s"),
)

RESPONSE = (
    ("from the alert until somebody acknowledged it", "to_acknowledged_s"),
    ("from the alert until it was decided", "to_decided_s"),
    ("from the alert until it was mitigated", "to_mitigated_s"),
)


def measurements(run: JsonObject) -> list[JsonDict]:
    """The rows of one run: experiment, what, unit, target, measured, margin, met.

    `met` is None where nothing was asked for; `measured` where it did not happen. Where nothing
    failed, no outage was too long.
    """
    return [*_seconds(run), *_response(run), *_lost(run), *_changes(run)]


def _seconds(run: JsonObject) -> Iterator[JsonDict]:
    seen = dict(run["figures"].get("recovery") or {})
    if not seen:
        return
    fault_s = seen["fault_s"]
    for name in ("first_failure_s", "detected_s"):
        if seen[name] is not None:
            seen["fell_s" if name == "first_failure_s" else name] = round(seen[name] - fault_s, 3)
    for what, way, key in SECONDS:
        value: Any = seen
        for part in way:
            value = value.get(part) if isinstance(value, Mapping) else None
        asked = seen.get(key) if key and (seen["outage"] or way[0] != "outage") else None
        yield _row(run, what, "s", value, asked)


def _response(run: JsonObject) -> Iterator[JsonDict]:
    """How soon people did what; {} where nobody was on call."""
    if seen := run["figures"].get("response"):
        for what, key in RESPONSE:
            asked = seen["objective_s"] if key == "to_mitigated_s" else None
            yield _row(run, what, "s", seen[key], asked)


def _lost(run: JsonObject) -> Iterator[JsonDict]:
    loss = run["figures"].get("loss")
    if loss:
        row = _row(run, "acknowledged and lost", "", loss["lost"], loss["objective"])
        yield {**row, "promises": loss.get("promises", [])}


def _changes(run: JsonObject) -> Iterator[JsonDict]:
    """Commits that went with an old primary, acknowledged or not."""
    counts = [one["evidence"].get("changes_lost") for one in run["faults"]]
    if known := [count for count in counts if count is not None]:
        yield _row(run, "commits that went with an old primary", "", sum(known), None)


def _row(run: JsonObject, what: str, unit: str, value: Any, target: Any) -> JsonDict:
    asked, seen = target is not None, value is not None
    return {
        "experiment": run["experiment"],
        "what": what,
        "unit": unit,
        "target": target,
        "measured": value,
        "margin": round(target - value, 3) if asked and seen else None,
        "met": (seen and value <= target) if asked else None,
    }


def spread(rows: Sequence[JsonDict]) -> list[JsonDict]:
    """Least, median and greatest of each measurement over the runs of the drill."""
    found = []
    for what in dict.fromkeys(row["what"] for row in rows):
        same = [row for row in rows if row["what"] == what]
        values = [row["measured"] for row in same if row["measured"] is not None]
        numbers = (min(values), median(values), max(values)) if values else (None, None, None)
        least, middle, most = numbers
        found.append(
            {
                "what": what,
                "unit": same[0]["unit"],
                "runs": len(values),
                "least": least,
                "median": middle,
                "greatest": most,
            }
        )
    return found
