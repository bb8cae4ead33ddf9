"""What two runs or suites differ in: weaknesses by name, numbers by an anytime-valid test.

    findings   new, gone, same                    of documents that both have run
    numbers    worse, better, or not told apart      e-values of counts, see `harness.stats.e_value`

A difference counts where the evidence reaches 20 for each number that was looked at: over all of
them, one comparison in twenty of equal arms shows any, however often somebody looks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from harness.errors import ConfigError, Problem
from harness.json_types import JsonDict, JsonObject
from harness.model import RunVerdict
from harness.run_record import miscalled
from harness.safe_files import read_bytes
from harness.stats import e_value
from harness.store import VERDICT, find_run
from harness.suite.findings import worst
from harness.suite.outcome import SUITE, brief
from harness.suite.told import hold
from harness.text import path_part, quoted

SIZE_MAX = 64 << 20
EVIDENCE = 20.0  # 1 / 0.05
SAME = "same"


PLACELESS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
Whole = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class _Found(msgspec.Struct):
    finding: str
    what: str


class _Counted(msgspec.Struct):
    name: str
    n: Whole
    bad: Annotated[tuple[Whole, ...], msgspec.Meta(min_length=1)]


class _Compared(msgspec.Struct):
    """What of a run is compared: a file of somebody else may have anything in its place."""

    name: str
    experiment: str
    verdict: str
    exit_code: int
    findings: list[_Found]
    counts: list[_Counted]


@dataclass(frozen=True)
class Shift:
    """A number that differs.

    Args:
        experiment: the name of the document.
        word: `worse` or `better`.
        before, after: bad of all.
        evidence: its e-value.
    """

    experiment: str
    name: str
    word: str
    before: tuple[int, int]
    after: tuple[int, int]
    evidence: float


def load_side(runs: Path, given: str) -> list[JsonObject]:
    """The runs of one side, in brief.

    Args:
        given: a file or a folder of a run or of a suite, or its name under `runs`.

    Raises:
        ConfigError: there is none, or it is not what a run or a suite writes.
    """
    path = _file(runs, given)
    raw = read_bytes(path, SIZE_MAX)
    try:
        summary = json.loads(raw)
        found = summary["runs"] if "suite" in summary else [_single(summary, path)]
        _check(msgspec.convert(found, list[_Compared]))
        return list(found)
    except (*PLACELESS, msgspec.ValidationError) as error:
        allowed = f"{VERDICT} of a run, {SUITE} of a suite, or a folder with one of them"
        cause = f"not what a run or a suite writes: {type(error).__name__}: {error}"
        raise ConfigError(Problem(cause, str(path), allowed)) from None


def _check(runs: Sequence[_Compared]) -> None:
    """See that each verdict is that of its findings, and that counts can be summed up.

    Raises:
        ValueError: one is not, or cannot.
    """
    for run in runs:
        if why := miscalled(run.verdict, run.exit_code):
            raise ValueError(f"{run.name}: {why}")
        if (run.verdict, bool(run.findings)) in ((RunVerdict.PASS, True), (RunVerdict.FAIL, False)):
            raise ValueError(f"{run.name}: {run.verdict} with {len(run.findings)} findings")
    ways: dict[str, int] = {}
    for one in (one for run in runs for one in run.counts):
        if len(one.bad) != ways.setdefault(one.name, len(one.bad)) or max(one.bad) > one.n:
            raise ValueError(f"{one.name}: {one.bad} bad of {one.n}")


def _file(runs: Path, given: str) -> Path:
    if not Path(given).is_file():
        suite = runs / path_part(f"suite-{given}") / "latest"
        for folder in (Path(given), suite):
            for name in (SUITE, VERDICT):
                if (folder / name).is_file():
                    return folder / name
        try:
            return find_run(runs, given) / VERDICT
        except ConfigError as error:
            cause = f"neither a run nor a suite: {quoted(given)}"
            raise ConfigError(
                Problem(cause, allowed=error.problems[0].allowed, remedy="harness suite smoke")
            ) from None
    return Path(given)


def _single(summary: JsonObject, path: Path) -> JsonObject:
    hold(path, summary)
    return {"name": Path(summary["run_dir"]).parent.name, "file": "", **brief(summary)}


def difference(before: Sequence[JsonObject], after: Sequence[JsonObject]) -> JsonDict:
    """The JSON document of a comparison.

    Raises:
        ConfigError: they have no document in common.
    """
    old, new = _by_name(before), _by_name(after)
    both = [name for name in new if name in old]
    if not both:
        raise ConfigError(
            Problem(
                f"nothing to compare: {', '.join(old) or 'no run'} in the one, "
                f"{', '.join(new) or 'no run'} in the other",
                allowed="runs of the same documents",
            )
        )
    summary: JsonDict = {
        "new": [one for name in both for one in _without(new[name], old[name])],
        "gone": [one for name in both for one in _without(old[name], new[name])],
        "same": [one for name in both for one in _within(new[name], old[name])],
        "numbers": [
            asdict(one) for one in _shifts({name: (old[name], new[name]) for name in both})
        ],
        "compared": sum(len(list(_pairs(old[name], new[name]))) for name in both),
        "verdicts": [
            {"experiment": name, "before": _words(old[name]), "after": _words(new[name])}
            for name in both
            if _words(old[name]) != _words(new[name])
        ],
        "only_before": [name for name in old if name not in new],
        "only_after": [name for name in new if name not in old],
    }
    worse = summary["new"] or [one for one in summary["numbers"] if one["word"] == "worse"]
    codes = [run["exit_code"] for name in both for run in new[name] if run["exit_code"] != 1]
    return {**summary, "exit_code": worst([*codes, int(bool(worse))])}


def _by_name(runs: Sequence[JsonObject]) -> dict[str, list[JsonObject]]:
    """Repetitions of one document together."""
    found: dict[str, list[JsonObject]] = {}
    for run in runs:
        found.setdefault(str(run["name"]).partition(" #")[0], []).append(run)
    return found


def _keys(runs: Sequence[JsonObject]) -> dict[str, str]:
    return {one["finding"]: one["what"] for run in runs for one in run["findings"]}


def _without(runs: Sequence[JsonObject], others: Sequence[JsonObject]) -> Iterator[dict[str, str]]:
    there = _keys(others)
    yield from (_finding(runs, key, what) for key, what in _keys(runs).items() if key not in there)


def _within(runs: Sequence[JsonObject], others: Sequence[JsonObject]) -> Iterator[dict[str, str]]:
    there = _keys(others)
    yield from (_finding(runs, key, what) for key, what in _keys(runs).items() if key in there)


def _finding(runs: Sequence[JsonObject], key: str, what: str) -> dict[str, str]:
    return {"experiment": runs[0]["experiment"], "finding": key, "what": what}


def _words(runs: Sequence[JsonObject]) -> str:
    return ", ".join(dict.fromkeys(run["verdict"] for run in runs))


Bad = tuple[int, ...]


def _counts(runs: Sequence[JsonObject]) -> dict[str, tuple[int, Bad]]:
    """Summed over repetitions."""
    found: dict[str, tuple[int, Bad]] = {}
    for run in runs:
        for one in run["counts"]:
            n, bad = found.get(one["name"], (0, (0,) * len(one["bad"])))
            summed = tuple(a + b for a, b in zip(bad, one["bad"], strict=True))
            found[one["name"]] = (n + one["n"], summed)
    return found


def _pairs(
    old: Sequence[JsonObject], new: Sequence[JsonObject]
) -> Iterator[tuple[str, tuple[int, Bad], tuple[int, Bad]]]:
    before, after = _counts(old), _counts(new)
    for name, (n, bad) in after.items():
        if name in before and len(before[name][1]) == len(bad):  # else of another version
            yield name, before[name], (n, bad)


def _shifts(
    both: Mapping[str, tuple[Sequence[JsonObject], Sequence[JsonObject]]],
) -> Iterator[Shift]:
    pairs = [(name, *pair) for name, (old, new) in both.items() for pair in _pairs(old, new)]
    for name, what, before, after in pairs:
        shift = _shift(name, what, before, after)
        if shift.evidence >= EVIDENCE * len(pairs):
            yield shift


def _shift(name: str, what: str, before: tuple[int, Bad], after: tuple[int, Bad]) -> Shift:
    """The evidence is the mean over the ways to be bad, itself an e-value; shown is the way that
    tells most."""
    (n_a, bads_a), (n_b, bads_b) = before, after
    each = [(e_value(a, n_a, b, n_b), a, b) for a, b in zip(bads_a, bads_b, strict=True)]
    _, a, b = max(each)
    word = "worse" if b * n_a > a * n_b else "better"
    evidence = sum(one for one, _, _ in each) / len(each)
    return Shift(name, what, word, (a, n_a), (b, n_b), evidence)


def difference_lines(summary: JsonObject) -> Iterator[str]:
    """The same for a person."""
    numbers = summary["numbers"]
    worse = sum(one["word"] == "worse" for one in numbers)
    yield (
        f"{len(summary['new'])} new, {len(summary['gone'])} gone, {len(summary['same'])} same "
        "findings; "
        f"{worse} numbers worse, {len(numbers) - worse} better, of {summary['compared']}"
    )
    for word in ("new", "gone", SAME):
        for one in summary[word]:
            name = f"{one['experiment']} {one['finding']}"
            yield f"  NEW  {name}: {one['what']}" if word == "new" else f"  {word}  {name}"
    for one in numbers:
        yield f"  {shift_line(one)}"
    for one in summary["verdicts"]:
        yield f"  verdict  {one['experiment']}: {one['before']}, then {one['after']}"
    for key, word in (("only_before", "first"), ("only_after", "second")):
        if summary[key]:
            yield f"  only in the {word}: {', '.join(summary[key])}"


def shift_line(one: JsonObject) -> str:
    """`worse  x01 latency of submit in fault: 3 of 200 bad, then 41 of 210 (evidence 4e+07)`."""
    (a, n_a), (b, n_b) = one["before"], one["after"]
    return (
        f"{one['word']}  {one['experiment']} {one['name']}: {a} of {n_a} bad, then {b} of {n_b} "
        f"(evidence {one['evidence']:.2g}, equal arms reach {EVIDENCE:g} one time in 20)"
    )
