"""What a run found, from its verdict.json: weaknesses by a name that stays the same from run to
run, and the numbers that were judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.json_types import JsonObject
from harness.measures import MEASURES
from harness.model import EXIT_CODES, RunVerdict
from harness.units import Quantity

BAD = ("unexplained", "degraded")
LAST = (5, 129, 130, 143)
"""Exit codes after which nothing is started: an undo that was not proven, a signal."""
WORST_FIRST = (5, 130, 143, 129, 1, 4, 3, 2)
"""Exit codes: a weakness is one even where another run broke; nothing is weightier than an undo
that could not be proven."""


@dataclass(frozen=True)
class Finding:
    """One weakness.

    Args:
        key: `invariant no_double_payout`: the same in every run that finds it.
        what: the first counterexample, or the value that broke its limit.
    """

    key: str
    what: str


@dataclass(frozen=True)
class Number:
    """One number that a run was judged by.

    Args:
        name: `latency_p99 of submit in fault`.
        value: s, or a share.
        unit: `s` or "".
    """

    name: str
    value: float
    unit: str = ""


@dataclass(frozen=True)
class Count:
    """How many of what was seen were bad: what two runs can be compared by.

    Args:
        name: `latency of submit in fault`.
        n: seen.
        bad: of them; more than one where there are several ways to be bad (slower than 10 ms,
            slower than 20 ms ...).
    """

    name: str
    n: int
    bad: tuple[int, ...]


def findings(run: JsonObject) -> list[Finding]:
    """Every weakness; one that is told in words alone has the key `reason` and the words."""
    found = list(_found(run))
    if run["verdict"] == RunVerdict.FAIL.value and not found:
        found = [Finding(f"reason {run['reasons'][0]}", str(run["reasons"][0]))]
    return found


def _found(run: JsonObject) -> Iterator[Finding]:
    for one in run["invariants"]:
        if one["verdict"] == "invalid":
            what = (one["first_bad"] or {}).get("what", one["claim"])
            yield Finding(f"invariant {one['name']}", str(what))
    for one in run["thresholds"]:
        if not one["met"] and "why" not in one:
            yield Finding(f"threshold {one['name']} in {one['during']}", _limit(one))
    for look in run["hypothesis"]:
        for probe in look["probes"] if look["when"] != "before" else ():
            if not probe["met"] and "why" not in probe:
                yield Finding(f"steady state {probe['name']}", _limit(probe))
    for fault in run["faults"]:
        if fault["worse"]:
            yield Finding(f"not as before {fault['where']}", str(fault["worse"]))


def _limit(seen: JsonObject) -> str:
    return f"was {seen['shown']}, allowed {seen['tolerance']}"


def numbers(run: JsonObject) -> list[Number]:
    """What was measured, in the order of the document."""
    looks = [(probe, look["when"]) for look in run["hypothesis"] for probe in look["probes"]]
    seen = [*looks, *((one, one["during"]) for one in run["thresholds"])]
    found = [
        Number(f"{one['measure']} of {one['of']} in {when}", one["value"], _unit(one["measure"]))
        for one, when in seen
        if one.get("value") is not None
    ]
    recovery = run["figures"].get("recovery") or {}
    if recovery.get("recovery_time_s") is not None:
        found.append(Number("recovery time", recovery["recovery_time_s"], "s"))
    return found


def counts(run: JsonObject) -> list[Count]:
    """Shares, outcomes and latencies as counts."""
    looks = [(probe, look["when"]) for look in run["hypothesis"] for probe in look["probes"]]
    found = [
        Count(
            f"{one['measure']} of {one['of']} in {when}",
            one["n"],
            (one["n"] - round(one["value"] * one["n"]),),
        )
        for one, when in looks
        if MEASURES[one["measure"]].quantity is Quantity.RATIO and one.get("value") is not None
    ]
    for phase, seen in run["figures"].get("outcomes", {}).items():
        n, kinds = sum(seen.values()), BAD if phase != "all" else ()
        found += [Count(f"{kind} answers in {phase}", n, (seen[kind],)) for kind in kinds]
    for row in run["figures"].get("latency", ()):
        name = f"latency of {row['of']} in {row['phase']}"
        found.append(Count(name, row["good"], tuple(row.get("over_s", {}).values())))
    return [one for one in found if one.n and one.bad]


def _unit(measure: str) -> str:
    return "s" if MEASURES[measure].quantity is Quantity.TIME else ""


def worst(codes: Iterable[int]) -> int:
    """The exit code of many."""
    given = set(codes)
    return next((code for code in WORST_FIRST if code in given), max(given, default=0))


def verdict_of(code: int) -> str:
    """The word of an exit code."""
    words = {exit_code: verdict.value for verdict, exit_code in EXIT_CODES.items()}
    return words.get(code, RunVerdict.INTERRUPTED.value)
