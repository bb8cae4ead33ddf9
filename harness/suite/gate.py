"""A gate: which findings of a suite are known or waived, and what is left to fail by.

baseline   findings that were there before are shown and do not fail; a number that is worse does
waiver     a finding that somebody answers for until a day; an expired one fails, whatever is found
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from harness.json_types import JsonDict, JsonObject
from harness.suite.difference import difference, shift_line
from harness.suite.outcome import decided
from harness.yaml_source import Place, load_yaml

KINDS = ("invariant", "threshold", "steady state", "not as before", "reason")  # of a finding
FAIL = 1


class Waiver(BaseModel):
    """One finding that somebody answers for.

    Args:
        finding: as a suite tells it: `invariant no_double_payout`.
        experiment, design: "" for all.
        expires: the last day on which it counts, UTC.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    finding: str
    experiment: str = ""
    design: str = ""
    owner: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    expires: date

    @field_validator("finding")
    @classmethod
    def is_a_finding(cls, value: str) -> str:
        """Of a kind that there is."""
        if not value.startswith(tuple(f"{kind} " for kind in KINDS)):
            allowed = ", ".join(f"{kind} ..." for kind in KINDS)
            raise ValueError(f"{value!r} is no finding; allowed: {allowed}")
        return value

    def covers(self, run: JsonObject, finding: str) -> bool:
        """Whether it is about this finding of this run."""
        return (
            finding == self.finding
            and self.experiment in ("", run["experiment"], run["name"])
            and self.design in ("", run["design"])
        )

    def __str__(self) -> str:
        """For a person."""
        where = f" of {self.experiment}" if self.experiment else ""
        return f"{self.finding}{where}, until {self.expires}, {self.owner}: {self.reason}"


class Waivers(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    waivers: list[Waiver]


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read and validate the file.

    Raises:
        ConfigError: every problem with its place.
    """
    return tuple(Place(path, load_yaml(path)).read(Waivers).waivers)


@dataclass(frozen=True)
class Gate:
    """What is known before a suite runs.

    Args:
        baseline: runs in brief; None without one.
        today: UTC.
    """

    today: date
    baseline: Sequence[JsonObject] | None = None
    waivers: Sequence[Waiver] = ()
    name: str = field(default="baseline")

    @property
    def empty(self) -> bool:
        """Whether there is neither a baseline nor a waiver."""
        return self.baseline is None and not self.waivers

    def judged(self, summary: JsonDict) -> JsonDict:
        """A suite with the state of each finding, and what is left of its exit code."""
        if self.empty:
            return summary
        compared = self._compared(summary["runs"])
        known = {(one["experiment"], one["finding"]) for one in compared.get("same", ())}
        runs = [self._marked(run, known) for run in summary["runs"]]
        worse = [one for one in compared.get("numbers", ()) if one["word"] == "worse"]
        expired = [one for one in self.waivers if one.expires < self.today]
        codes = [_left(run) for run in runs]
        codes += [FAIL] * bool(worse or expired)
        said = [*self._said(compared, runs), *(f"EXPIRED waiver: {one}" for one in expired)]
        return decided({**summary, "runs": runs, "gate": said}, codes)

    def _compared(self, runs: Sequence[JsonObject]) -> JsonObject:
        return difference(self.baseline, runs) if self.baseline is not None and runs else {}

    def _marked(self, run: JsonObject, known: set[tuple[str, str]]) -> JsonDict:
        marked = [{**one, "state": self._state(run, one["finding"], known)}
                  for one in run["findings"]]  # fmt: skip
        return {**run, "findings": marked}

    def _state(self, run: JsonObject, finding: str, known: set[tuple[str, str]]) -> str:
        if any(one.covers(run, finding) and one.expires >= self.today for one in self.waivers):
            return "waived"
        return "known" if (run["experiment"], finding) in known else "new"

    def _said(self, compared: JsonObject, runs: Sequence[JsonObject]) -> Iterator[str]:
        if compared:
            of = {word: len(compared[word]) for word in ("new", "gone", "same")}
            yield (
                f"against {self.name}: {of['new']} new, {of['gone']} gone, {of['same']} known "
                f"findings, {compared['compared']} numbers compared"
            )
            yield from (f"gone: {one['experiment']} {one['finding']}" for one in compared["gone"])
            yield from (shift_line(one) for one in compared["numbers"])
        for waiver in self.waivers:
            used = any(
                waiver.covers(run, one["finding"]) for run in runs for one in run["findings"]
            )
            if waiver.expires >= self.today:
                yield f"{'waived' if used else 'waiver of nothing that was found'}: {waiver}"


def _left(run: JsonObject) -> int:
    """The exit code of a run as it counts: 0 where every finding is known or waived."""
    new = any(one["state"] == "new" for one in run["findings"])
    code = int(run["exit_code"])
    return 0 if code == FAIL and run["findings"] and not new else code
