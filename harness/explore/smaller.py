"""Documents that are a little smaller than a document: fewer arrivals, shorter faults, less before
and after."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence

from harness.json_types import JsonDict, JsonObject
from harness.units import parse_duration, parse_rate
from harness.workload import Stage, expected_arrivals

# The figures of this block are chosen, not measured.
WINDOW_MIN_S, DELAY_MIN_S, BASELINE_MIN_S, RECOVERY_MIN_S = 0.25, 0.01, 1.0, 1.0
RATE_MIN, STAGE_MIN_S = 0.5, 0.5
DELAYS = ("delay", "jitter", "after", "close_after")


def narrowed(document: JsonDict, invariant: str) -> JsonDict:
    """The same about one invariant; no guard ends it early, no threshold is in the way."""
    small = copy.deepcopy(document)
    small["invariants"] = [invariant]
    small.pop("thresholds", None)
    small.get("blast-radius", {}).pop("abort-when", None)
    return small


def with_steps(document: JsonDict, steps: Sequence[JsonDict]) -> JsonDict:
    """The same with these faults."""
    return {**document, "method": list(steps)}


def with_journeys(document: JsonDict, names: Sequence[str]) -> JsonDict:
    """The same with these journeys."""
    load = document["load"]
    kept = {name: load["journeys"][name] for name in names}
    return {**document, "load": {**load, "journeys": kept}}


def one_rate(document: JsonDict) -> Iterator[JsonDict]:
    """No stages: as many arrivals all the time as at their highest, or on average."""
    stages = stages_of(document)
    if not stages:
        return
    length_s = sum(stage.for_s for stage in stages)
    highest = max(max(stage.from_per_s, stage.to_per_s) for stage in stages)
    mean = expected_arrivals(stages, 0.0, length_s) / length_s
    load = {key: value for key, value in document["load"].items() if key != "stages"}
    left_s = length_s - max(map(_healed_s, document["method"]), default=0.0)
    for rate in (highest, mean):
        changed = {**load, "arrivals": f"{rate:.6g}/s"}
        yield {**document, "load": changed, "recovery": f"{left_s:.6g}s"}


def fewer_stages(document: JsonDict) -> Iterator[JsonDict]:
    """One stage left out."""
    stages = document["load"].get("stages", [])
    for number in range(len(stages) if len(stages) > 1 else 0):
        yield _staged(document, [*stages[:number], *stages[number + 1 :]])


def shorter_stages(document: JsonDict) -> Iterator[JsonDict]:
    """One stage half as long."""
    stages = document["load"].get("stages", [])
    for number, stage in enumerate(stages):
        half_s = parse_duration(stage["for"]) / 2
        if half_s >= STAGE_MIN_S:
            shorter = {**stage, "for": f"{half_s:g}s"}
            yield _staged(document, [*stages[:number], shorter, *stages[number + 1 :]])


def stages_of(document: JsonDict) -> list[Stage]:
    """The stages of its load; none where it has one rate."""
    return [
        Stage(
            parse_duration(one["for"]),
            parse_rate(one["arrivals"]),
            parse_rate(one.get("to") or one["arrivals"]),
        )
        for one in document["load"].get("stages", [])
    ]


def _staged(document: JsonDict, stages: Sequence[JsonDict]) -> JsonDict:
    return {**document, "load": {**document["load"], "stages": list(stages)}}


def _healed_s(step: JsonDict) -> float:
    again_s = (int(step.get("repeat", 1)) - 1) * parse_duration(step.get("every", 0))
    return parse_duration(step["at"]) + again_s + parse_duration(step["for"])


def slower(document: JsonDict) -> Iterator[JsonDict]:
    """Half as many arrivals, in every stage."""
    load = document["load"]
    rates = [rate for stage in stages_of(document) for rate in stage[1:]]
    if min(rates or [parse_rate(load.get("arrivals", "1/h"))]) / 2 < RATE_MIN:
        return
    if rates:
        yield _staged(document, [{**one, **_half_rates(one)} for one in load["stages"]])
    else:
        yield {**document, "load": {**load, **_half_rates(load)}}


def _half_rates(part: JsonDict) -> JsonDict:
    keys = (key for key in ("arrivals", "to") if part.get(key))
    return {key: f"{parse_rate(part[key]) / 2:g}/s" for key in keys}


def shorter_windows(document: JsonDict) -> Iterator[JsonDict]:
    """One fault half as long."""
    yield from _halved(document, ("for",), WINDOW_MIN_S)


def shorter_delays(document: JsonDict) -> Iterator[JsonDict]:
    """One delay of one fault half as long."""
    yield from _halved(document, DELAYS, DELAY_MIN_S)


def earlier(document: JsonDict) -> Iterator[JsonDict]:
    """The first fault, and with it all others, half as long after the start; the first stage is
    as much shorter."""
    starts = [parse_duration(step["at"]) for step in document["method"]]
    if not starts:
        return
    less_s, stages = min(starts) / 2, document["load"].get("stages", [])
    if stages:
        first_s = parse_duration(stages[0]["for"]) - less_s
        if first_s < STAGE_MIN_S:
            return
        document = _staged(document, [{**stages[0], "for": f"{first_s:g}s"}, *stages[1:]])
    if min(starts) - less_s >= BASELINE_MIN_S:
        moved = [
            {**step, "at": f"{at_s - less_s:g}s"}
            for step, at_s in zip(document["method"], starts, strict=True)
        ]
        yield with_steps(document, moved)


def sooner_over(document: JsonDict) -> Iterator[JsonDict]:
    """Half the load after the last fault."""
    left_s = parse_duration(document["recovery"]) / 2
    if left_s >= RECOVERY_MIN_S:
        yield {**document, "recovery": f"{left_s:g}s"}


def _halved(document: JsonDict, keys: Sequence[str], least_s: float) -> Iterator[JsonDict]:
    steps = document["method"]
    for number, step in enumerate(steps):
        for key in keys:
            half_s = parse_duration(step.get(key, 0)) / 2
            if half_s >= least_s:
                changed = {**step, key: f"{half_s:g}s"}
                yield with_steps(document, [*steps[:number], changed, *steps[number + 1 :]])


PARTS: tuple[tuple[str, Callable[[JsonDict], Iterator[JsonDict]]], ...] = (
    ("one rate", one_rate),
    ("stages", fewer_stages),
    ("lengths of stages", shorter_stages),
    ("arrivals", slower),
    ("windows", shorter_windows),
    ("delays", shorter_delays),
    ("baseline", earlier),
    ("recovery", sooner_over),
)


def describe(document: JsonDict, part: str) -> str:
    """What a part of the document says now."""
    steps = document["method"]
    if part in ("arrivals", "stages", "one rate", "lengths of stages"):
        return _load(document, part)
    if part == "recovery":
        return str(document["recovery"])
    if part == "baseline":
        return f"{min((parse_duration(step['at']) for step in steps), default=0.0):g}s"
    keys = ("for",) if part == "windows" else DELAYS
    return ", ".join(f"{key} {step[key]}" for step in steps for key in keys if key in step)


def _load(document: JsonDict, part: str) -> str:
    stages = document["load"].get("stages", [])
    if not stages:
        return str(document["load"].get("arrivals"))
    if part == "one rate":
        return f"{len(stages)} stages"
    keys = {"stages": ("for", "arrivals", "to"), "lengths of stages": ("for",)}
    kept = keys.get(part, ("arrivals", "to"))
    return ", ".join(" ".join(str(one[key]) for key in kept if key in one) for one in stages)


def where(step: JsonObject) -> str:
    """The link or service of a step."""
    return str(step.get("link") or step.get("service") or "?")
