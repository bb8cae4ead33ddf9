"""A profile: a suite written down as YAML, in a folder called `suites`.

title, description       for people
experiments              ids, names or paths; or a mapping with what is set for this one
tags                     every experiment with one of these
repeat                   how often each runs
rate, run-time, vars     set in place of what each document says, where it can take it
wanted                   id -> title of what belongs here and is not written yet
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from harness.errors import ConfigError, Problem
from harness.overrides import Overrides
from harness.registry import Vocabulary
from harness.text import quoted
from harness.yaml_source import Place, load_yaml, nearest

Scalar = str | int | float | bool
REPEAT_MAX = 100


class Settings(BaseModel):
    """What is set in place of what a document says."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    rate: str | None = None
    run_time: str | None = Field(default=None, alias="run-time")
    vars: dict[str, Scalar] = {}

    def over(self, general: Settings) -> Overrides:
        """These before the general ones."""
        values: Mapping[str, Scalar] = {**general.vars, **self.vars}
        return Overrides(
            self.rate or general.rate,
            self.run_time or general.run_time,
            tuple(f"{name}={_word(value)}" for name, value in values.items()),
        )


class EntryPart(Settings):
    """One experiment of a profile."""

    experiment: str


class Profile(Settings):
    """The whole profile."""

    title: str = Field(min_length=1)
    description: str = ""
    experiments: list[str | EntryPart] = []
    tags: list[str] = []
    repeat: int = Field(default=1, ge=1, le=REPEAT_MAX)
    wanted: dict[str, str] = {}


def find_profile(given: str, words: Vocabulary) -> Path:
    """The file of a profile given as a name or a path.

    Raises:
        ConfigError: there is none; names those that there are.
    """
    path, known = Path(given), words.suites
    if given in known:
        return known[given]
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return path
    cause = f"no suite {quoted(given)}" + nearest(given, known)
    allowed = ", ".join([*known, "a path to a YAML file"])
    remedy = f"harness run {given}" if path.is_dir() else "harness suite --list"
    raise ConfigError(Problem(cause, "suite", allowed, remedy))


def load_profile(path: Path) -> Profile:
    """Read and validate a profile.

    Raises:
        ConfigError: every problem with its place.
    """
    place = Place(path, load_yaml(path))
    profile = place.read(Profile)
    if not profile.experiments and not profile.tags:
        cause = "neither experiments nor tags: nothing would run"
        raise ConfigError(Problem(cause, f"{path}:1:1", remedy="experiments: [X01]"))
    return profile


def _word(value: Scalar) -> str:
    """As `--var` takes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
