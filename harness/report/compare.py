"""The run beside the last green one of the same experiment: what is worse, in numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import ConfigError
from harness.json_types import JsonObject
from harness.model import RunResult
from harness.report.words import duration, number
from harness.safe_files import read_bytes
from harness.store import VERDICT

LOOK_BACK_MAX = 50  # folders; chosen
SIZE_MAX = 16 << 20
VALUE_MAX = 1e15


class Row(NamedTuple):
    """A number now and then."""

    name: str
    now: str
    then: str


class Comparison(NamedTuple):
    """What the last green run had.

    Args:
        run: its folder's name.
    """

    run: str
    about: str
    rows: list[Row]


def last_green(result: RunResult) -> Comparison | None:
    """The comparison; None where no earlier run of the experiment on this runtime passed."""
    folder = Path(result.run_dir)
    earlier = sorted((one for one in _siblings(folder) if one.name < folder.name), reverse=True)
    for path in earlier[:LOOK_BACK_MAX]:
        said = _read(path / VERDICT)
        same = said.get("experiment") == result.experiment and said.get("runtime") == result.runtime
        if same and said.get("verdict") == "pass" and isinstance(said.get("figures"), dict):
            about = f"design {said.get('design')}, seed {said.get('seed')}"
            rows = list(_rows(result.figures, said["figures"]))
            return Comparison(path.name, about, rows)
    return None


def _siblings(folder: Path) -> list[Path]:
    try:
        return [one for one in folder.parent.iterdir() if one.is_dir() and not one.is_symlink()]
    except OSError:
        return []


def _read(path: Path) -> JsonObject:
    """A verdict.json; {} where there is none, or something else."""
    try:
        said = json.loads(read_bytes(path, SIZE_MAX, follow=False))
    except (ConfigError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _rows(now: JsonObject, then: JsonObject) -> Iterator[Row]:
    """Numbers that both have."""
    for name, keys, shown in (
        ("recovery time", ("recovery", "recovery_time_s"), duration),
        ("operations unexplained", ("outcomes", "all", "unexplained"), number),
        ("operations refused", ("outcomes", "all", "refused"), number),
        ("operations degraded", ("outcomes", "all", "degraded"), number),
        ("users with an unexplained failure", ("users", "unexplained"), number),
        ("money at risk, at most", ("risk", "peak_minor"), number),
        ("money at risk at the end", ("risk", "end_minor"), number),
    ):
        a, b = _at(now, keys), _at(then, keys)
        if a is not None or b is not None:
            yield Row(name, shown(a), shown(b))
    before = _p99(then)
    for key, value in _p99(now).items():
        yield Row(f"p99 of {key}", duration(value), duration(before.get(key)))


def _at(figures: JsonObject, keys: tuple[str, ...]) -> float | None:
    value: Any = figures
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return _finite(value)


def _finite(value: object) -> float | None:
    """A number of a size that a run has; what a file of somebody else's holds may be anything."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if -VALUE_MAX < value < VALUE_MAX else None


def _p99(figures: JsonObject) -> dict[str, float]:
    """p99 of good answers while a fault was there, by operation."""
    rows = figures.get("latency")
    return {
        f"{row.get('of')} in {row.get('phase')}": value
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, Mapping) and row.get("phase") in ("fault", "load")
        if (value := _finite(row.get("p99_s"))) is not None
    }
