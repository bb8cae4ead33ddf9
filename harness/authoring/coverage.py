"""Coverage: what a mission asks for, item by item, and where each can be seen.

items.yaml ──> item: experiment and invariant | command | what is missing
                 |
verdicts.yaml ──>+──> naive fails by that invariant, hardened passes
(recorded on sim)
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.errors import ConfigError, Problem
from harness.json_types import JsonObject
from harness.plugins import SHIPPED
from harness.yaml_source import load_yaml, plain

FOLDER = "coverage"
ITEMS, VERDICTS = "items.yaml", "verdicts.yaml"
DESIGNS = ("naive", "hardened")
WAYS = ("experiment", "command", "missing")


class Item(BaseModel):
    """One item of the mission.

    Args:
        says: its sentence.
        experiment: id of the experiment that shows it.
        invariant: what a design without the defence breaks in it.
        command: what shows it where no experiment can.
        missing: why nothing shows it yet.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    says: str
    experiment: str = ""
    invariant: str = ""
    command: str = ""
    missing: str = ""


class Recorded(BaseModel):
    """How an experiment ended on one design, and which invariants were broken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: str
    broken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """An item with what was seen of it.

    Args:
        seen: design -> verdict; `fail` on the first design only by the invariant that is named.
    """

    item: Item
    seen: Mapping[str, str]

    def as_data(self) -> dict[str, object]:
        """Plain JSON data."""
        told = {key: value for key, value in self.item.model_dump().items() if value}
        return {**told, **(self.seen if self.item.experiment else {})}


def rows(folder: Path | None = None) -> list[Row]:
    """Every item, in the order of the file.

    Raises:
        ConfigError: a file is not there, or says what cannot be.
    """
    folder = folder or _shipped()
    raw = plain(load_yaml(folder / VERDICTS)) if (folder / VERDICTS).exists() else {}
    verdicts = {key: _read(folder / VERDICTS, key, raw[key]) for key in raw}
    return [Row(one, _seen(one, verdicts)) for one in items(folder)]


def items(folder: Path | None = None) -> list[Item]:
    """The items alone.

    Raises:
        ConfigError: naming every one that cannot be.
    """
    path = (folder or _shipped()) / ITEMS
    found: list[Item] = []
    problems: list[Problem] = []
    for number, raw in enumerate(plain(load_yaml(path)).get("items") or []):
        try:
            item = Item.model_validate(raw)
        except ValidationError as error:
            problems += [_problem(path, f"items.{number}", error)]
            continue
        if wrong := _wrong(item, {one.id for one in found}):
            problems.append(Problem(wrong, f"{path}: items.{number}"))
        found.append(item)
    if problems:
        raise ConfigError(problems)
    return found


def _wrong(item: Item, before: set[str]) -> str:
    ways = [way for way in WAYS if getattr(item, way)]
    if len(ways) != 1:
        return f"{item.id} has {' and '.join(ways) or 'nothing'}; give one of {', '.join(WAYS)}"
    if bool(item.experiment) is not bool(item.invariant):
        return f"{item.id}: an experiment and an invariant belong together; give both"
    return f"{item.id} is there twice" if item.id in before else ""


def _seen(item: Item, verdicts: Mapping[str, Mapping[str, Recorded]]) -> dict[str, str]:
    seen = dict.fromkeys(DESIGNS, "unknown")
    for design, one in verdicts.get(item.experiment, {}).items():
        by_it = one.verdict != "fail" or item.invariant in one.broken
        seen[design] = one.verdict if by_it else f"fail, not by {item.invariant}"
    return seen


def _read(path: Path, key: str, raw: JsonObject) -> dict[str, Recorded]:
    try:
        return {design: Recorded.model_validate(one) for design, one in raw.items()}
    except ValidationError as error:
        raise ConfigError(_problem(path, key, error)) from None


def _problem(path: Path, where: str, error: ValidationError) -> Problem:
    first = error.errors()[0]
    at = ".".join(map(str, (where, *first["loc"])))
    return Problem(str(first["msg"]), f"{path}: {at}")


def _shipped() -> Path:
    spec = importlib.util.find_spec(SHIPPED)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places or ()))) / FOLDER
