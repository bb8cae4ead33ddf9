"""verdict.json as a run left it, for whoever compares results: held to itself and to the files
beside it.

itself         no pass beside what broke, nothing called broken that stands as valid
run.json       the same experiment, design, runtime, seed and command
history, faults.jsonl      whole, and of this run; a pass has a history with an end

A file that was taken out of its folder is held to itself alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.errors import ConfigError, Problem
from harness.history_reader import read_history
from harness.json_types import JsonObject
from harness.model import RunVerdict, Validity
from harness.run_record import agree, read_ended, read_run
from harness.store import FAULTS, HISTORY, RUN, VERDICT
from harness.text import quoted

OF_RECORD = {key: key for key in ("experiment", "title", "design", "runtime", "seed")} | {
    "repeat": "command"
}


def hold(path: Path, told: JsonObject) -> None:
    """See that a result adds up.

    Args:
        path: the file that it was read from.
        told: verdict.json, of the shape that a run writes.

    Raises:
        ConfigError: it does not; every contradiction.
    """
    problems = [Problem(why, str(path), "the file as written") for why in contradictions(told)]
    evidence = (path.parent / name for name in (RUN, HISTORY, FAULTS))
    if path.name == VERDICT and any(one.exists() for one in evidence):
        read_ended(path.parent)
        problems += _beside(path.parent, told)
    if problems:
        raise ConfigError(problems)


def contradictions(told: JsonObject) -> Iterator[str]:
    """What in a result speaks against the rest of it."""
    open_, reasons = next(_open(told), ""), told["reasons"]
    if told["verdict"] == RunVerdict.PASS and open_:
        yield f"verdict is pass, although {open_}"
    held = f"{len(told['invariants'])} invariants held"
    if told["verdict"] == RunVerdict.FAIL and not open_ and str(reasons[0]).startswith(held):
        yield f"verdict is fail, although {reasons[0]}"
    for one in told["invariants"]:
        title = f"{one['id']} {one['name']}".lstrip()
        named = any(reason.startswith(f"{title}: ") for reason in reasons)
        if named and one["verdict"] != Validity.INVALID:
            yield f"the reasons say that {title} is broken, it stands as {quoted(one['verdict'])}"


def _open(told: JsonObject) -> Iterator[str]:
    """What a run that passed cannot have: broken, unknown, or not proven."""
    for one in told["invariants"]:
        if one["verdict"] != Validity.VALID:
            yield f"invariant {one['name']} is {quoted(str(one['verdict']))}"
    probes = [(look["when"], probe) for look in told["hypothesis"] for probe in look["probes"]]
    limits = [*probes, *((one["during"], one) for one in told["thresholds"])]
    yield from (f"{one['name']} is not met {when}" for when, one in limits if not one["met"])
    for fault in told["faults"]:
        proven = fault["proven"] or fault["cut_short"]
        if not (proven and fault["undone"]) or fault["worse"] or fault["unready"]:
            yield f"{fault['kind']} at {fault['where']} is not proven and undone"


def _beside(folder: Path, told: JsonObject) -> Iterator[Problem]:
    record = read_run(folder)
    for key, of in OF_RECORD.items():
        if told[key] != record[of]:
            cause = f"{key} is {quoted(told[key])}, {RUN} says {quoted(record[of])}"
            yield Problem(cause, str(folder / VERDICT), "the files of one run")
    history = read_history(folder / HISTORY)
    agree(folder, record, history)
    if told["verdict"] in (RunVerdict.PASS, RunVerdict.FAIL) and not history.complete:
        cause = f"verdict is {told['verdict']}, but the history is cut off"
        yield Problem(cause, str(folder / VERDICT), "a history with its end")
