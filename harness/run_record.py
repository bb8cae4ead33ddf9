"""What a run left in its folder, read by somebody who trusts none of it.

run.json       who, what, seed, design          must be whole
faults.jsonl   the record of every fault        must know every fault of the history, and its end
experiment.yaml  what was run                   must be the document in the history
verdict.json   how the run itself ended         missing when it died before its end
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from harness.errors import ConfigError, Problem
from harness.experiment import Experiment
from harness.history import Event, History
from harness.json_types import JsonDict, JsonObject
from harness.model import EXIT_CODES, EXITS, RunResult, RunVerdict
from harness.rng import SEED_MAX
from harness.safe_files import lines, read_bytes
from harness.store import EXPERIMENT, FAULTS, HISTORY, RUN, VERDICT
from harness.text import quoted
from harness.verdict import Findings

SIZE_MAX = 16 << 20  # bytes of one JSON document; chosen
LINE_MAX = 1 << 20
ACTIVE = ("injected", "unproven")
Word = Annotated[str, Meta(max_length=4000)]


FORMAT = 1
"""Of run.json and what lies beside it, as it is written now: one more once a reader of before
would read it wrongly. A record without a number is of the time before, and is read."""


class Version(msgspec.Struct, frozen=True):
    """As much of run.json as every version has."""

    format: int = 0


class Record(msgspec.Struct, frozen=True):
    """run.json, as far as it is needed again; see `harness.session.header`."""

    run_id: Word
    experiment: Word
    title: Word
    design: Word
    runtime: Annotated[str, Meta(max_length=100, pattern=r"^[a-z][a-z0-9_-]*$")]
    seed: Annotated[int, Meta(ge=0, le=SEED_MAX)]
    command: Word
    design_values: dict[str, object]
    target: dict[str, Word] = {}


class _Logged(NamedTuple):
    """A fault as its log has it: `line` is the last that speaks of it."""

    kind: str
    where: str
    state: str
    line: int


class Ended(msgspec.Struct, frozen=True):
    """verdict.json, as far as it is needed again."""

    verdict: Word
    reasons: list[str] = []
    exit_code: int | None = None


def read_run(run_dir: Path) -> JsonDict:
    """Who ran what.

    Raises:
        ConfigError: run.json is missing, is not what a run writes, or was written in a format that
            is newer than this harness.
    """
    found = _json(run_dir / RUN, Version).format
    if found > FORMAT:
        cause = f"format {found} is newer than this harness, which reads up to {FORMAT}"
        remedy = "the harness that wrote it, or a newer one"
        raise ConfigError(Problem(cause, str(run_dir / RUN), f"0..{FORMAT}", remedy))
    _json(run_dir / RUN, Record)
    record: dict[str, object] = _json(run_dir / RUN, dict[str, object])
    return record


def read_ended(run_dir: Path) -> Ended | None:
    """How the run said that it ended; None when it died before.

    Raises:
        ConfigError: verdict.json is not what a run writes, or its exit code is not of its verdict.
    """
    path = run_dir / VERDICT
    if not (path.exists() or path.is_symlink()):
        return None
    ended: Ended = _json(path, Ended)
    if why := miscalled(ended.verdict, ended.exit_code):
        raise ConfigError(Problem(why, str(path), "the file as written"))
    return ended


def miscalled(verdict: str, exit_code: int | None) -> str:
    """Why a verdict is none, or its exit code is not of it; "" when they agree.

    Args:
        exit_code: None where it is not said.
    """
    if verdict not in set(RunVerdict):
        return f"verdict is {quoted(verdict)}; there are {', '.join(RunVerdict)}"
    interrupted = verdict == RunVerdict.INTERRUPTED
    codes = set(EXITS.values()) if interrupted else {EXIT_CODES[RunVerdict(verdict)]}
    if exit_code is not None and exit_code not in codes:
        return f"exit_code is {exit_code}, of {verdict} it is {'/'.join(map(str, sorted(codes)))}"
    return ""


def agree(
    run_dir: Path, record: Mapping[str, object], history: History,
    experiment: Experiment | None = None,
) -> None:  # fmt: skip
    """The files of one folder are of one run, and tell of the same document and faults.

    Args:
        experiment: the document in the folder, where it is judged by.

    Raises:
        ConfigError: they do not; every difference.
    """
    header = history.header
    problems = [
        Problem(
            f"{key} is {quoted(record.get(key))}, the history says {quoted(header.get(key))}",
            str(run_dir / RUN),
            "the files of one run",
        )
        for key in sorted(record.keys() | header.keys())
        if header.get(key) != record.get(key)
    ]
    if experiment is not None:
        problems += _another_plan(run_dir, experiment, header)
    problems += _unknown_faults(run_dir, history)
    if problems:
        raise ConfigError(problems)


def result_of(
    record: JsonObject,
    run_dir: Path,
    findings: Findings,
    verdict: RunVerdict,
    reasons: tuple[str, ...],
    exit_code: int,
    duration_s: float,
) -> RunResult:
    """The result of a run, just ended or read again.

    Args:
        record: run.json, checked.
    """
    return RunResult(
        experiment=record["experiment"],
        title=record["title"],
        design=record["design"],
        runtime=record["runtime"],
        seed=record["seed"],
        verdict=verdict,
        exit_code=exit_code,
        reasons=reasons,
        run_dir=str(run_dir),
        hypothesis=findings.hypothesis,
        verdicts=findings.verdicts,
        thresholds=findings.thresholds,
        faults=findings.faults,
        load=findings.load,
        repeat=record["command"],
        duration_s=duration_s,
        figures=findings.figures,
    )


def _another_plan(run_dir: Path, experiment: Experiment, header: JsonObject) -> Iterable[Problem]:
    """What of the document is not as the history says that it was run."""
    document = msgspec.json.decode(msgspec.json.encode(experiment.document), type=JsonDict)
    plan = header.get("plan")
    ran = plan if isinstance(plan, dict) else document
    for key in sorted(document.keys() | ran.keys()):
        if document.get(key) != ran.get(key):
            where, allowed = str(run_dir / EXPERIMENT), "the document as it was run"
            remedy = "harness run of the changed one"
            yield Problem(f"{key} is not what the history says was run", where, allowed, remedy)


def _unknown_faults(run_dir: Path, history: History) -> Iterable[Problem]:
    logged = _faults(run_dir / FAULTS, torn=not history.complete)
    known = {(one.kind, one.where) for one in logged.values()}
    yield from _still_active(run_dir, logged, history)
    for event in history.of("nemesis"):
        if not (_is_injection(event) and (event.f, event.k) not in known):
            continue
        yield Problem(
            f"{quoted(event.f)} at {quoted(event.k)} was injected, {FAULTS} does not know it",
            f"{run_dir / HISTORY}:{event.i + 1}",
            "a record of every fault, written before it is injected",
        )


def _is_injection(event: Event) -> bool:
    return event.v.get("action") == "inject" and event.type == "ok"


def _still_active(
    run_dir: Path, logged: Mapping[str, _Logged], history: History
) -> Iterable[Problem]:
    """Faults that the history calls undone, each time, and the log does not."""
    undone: dict[tuple[str, str], bool] = {}
    for event in history.of("nemesis"):
        if report := event.v.get("report"):
            undone[event.f, event.k] = undone.get((event.f, event.k), True) and report["undone"]
    for id_, one in logged.items():
        if history.complete and one.state in ACTIVE and undone.get((one.kind, one.where)):
            cause = f"{id_}, {quoted(one.kind)} at {quoted(one.where)}, ends as {one.state}"
            yield Problem(f"{cause}, the history says undone", f"{run_dir / FAULTS}:{one.line}")


def _faults(path: Path, *, torn: bool) -> Mapping[str, _Logged]:
    """Each fault on record, by id, with the last that is said of it.

    Args:
        torn: a line may be torn: the run died.
    """
    found: dict[str, _Logged] = {}
    for number, line in lines(path, LINE_MAX):
        try:
            entry = msgspec.json.decode(line, type=dict[str, object])
            if not isinstance(id_ := entry["id"], str):
                raise ValueError("id is no text")
            if ("undo" in entry) == (id_ in found):
                raise ValueError(f"{id_} is {'twice' if id_ in found else 'not yet'} on record")
            of = found.get(id_)
            kind, where = (of.kind, of.where) if of else (str(entry["kind"]), str(entry["where"]))
            found[id_] = _Logged(kind, where, str(entry["state"]), number)
        except (msgspec.MsgspecError, ValueError, KeyError, RecursionError) as error:
            if torn or not line.endswith(b"\n"):
                continue
            cause = f"not a record of a fault: {quoted(str(error))}"
            raise ConfigError(Problem(cause, f"{path}:{number}", "the file as written")) from None
    return found


def _json(path: Path, kind: Any) -> Any:
    raw = read_bytes(path, SIZE_MAX, follow=False)
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        where, expected = str(path), ", ".join(getattr(kind, "__struct_fields__", ()))
        raise ConfigError(
            Problem(f"not what a run writes: {error}", _place(where, raw), f"JSON with {expected}")
        ) from None


def _place(where: str, raw: bytes) -> str:
    """With line and column where it is no JSON at all."""
    try:
        json.loads(raw)
    except json.JSONDecodeError as error:
        return f"{where}:{error.lineno}:{error.colno}"
    except (ValueError, RecursionError):
        pass
    return where
