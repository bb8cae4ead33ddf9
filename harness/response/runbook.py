"""A runbook as data: what starts it, its steps, how long each may take and what is done instead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from harness.errors import ConfigError, Problem
from harness.experiment import Part
from harness.target import Target
from harness.text import quoted
from harness.units import Duration, Limit
from harness.yaml_source import Place, load_yaml, nearest

STOP = "stop"


class ServedPart(Part):
    """What users get: the share of their operations that ended well, over the last seconds."""

    ok_ratio: Limit = Field(alias="ok-ratio")
    over: Duration = 1.0


class RunbookStep(Part):
    """One step.

    Args:
        page: who is asked to take it on.
        decide: a question for who took it on.
        mend: a link or service where what is wrong is taken away, as an operator would.
        verify: what must be seen before the step counts as done; alone: nothing else is done.
        timeout: how long all of it may take.
        then, otherwise: a later step that follows one that is done, or is not; `stop` for nobody
            does anything more; "" for the next one.
    """

    name: str = Field(min_length=1, max_length=80)
    page: str = ""
    decide: str = ""
    mend: str = ""
    verify: ServedPart | None = None
    timeout: Duration = Field(gt=0)
    then: str = ""
    otherwise: str

    @model_validator(mode="after")
    def one_thing(self) -> Self:
        """Refuse a step that does several things, or none."""
        asked = [name for name in ("page", "decide", "mend") if getattr(self, name)]
        if len(asked) > 1 or not (asked or self.verify):
            got = " and ".join(asked) or "nothing"
            raise ValueError(f"a step does one thing: page, decide, mend or verify; got {got}")
        return self

    @property
    def does(self) -> str:
        """page, decide, mend or verify."""
        return next((n for n in ("page", "decide", "mend") if getattr(self, n)), "verify")

    @property
    def about(self) -> str:
        """Who is paged, what is asked, what is mended."""
        return getattr(self, self.does) if self.does != "verify" else ""


class Runbook(Part):
    """A runbook.

    Args:
        starts: what is seen of the users when somebody must act.
    """

    title: str = Field(min_length=1)
    description: str = ""
    starts: ServedPart
    steps: list[RunbookStep] = Field(min_length=1)

    def after(self, step: RunbookStep, *, done: bool) -> RunbookStep | None:
        """The step that follows; None: it is over."""
        word = step.then if done else step.otherwise
        if word == STOP:
            return None
        rest = self.steps[self.steps.index(step) + 1 :]
        return next((one for one in rest if one.name == word or not word), None)


def load_runbook(path: Path, target: Target | None = None) -> Runbook:
    """Read and validate a runbook.

    Args:
        target: whose links and services are mended; None: any name will do.

    Raises:
        ConfigError: every problem with its place.
    """
    raw = load_yaml(path)
    place = Place(path, raw)
    runbook = place.read(Runbook)
    problems = [*_unknown_steps(runbook, place), *_unknown_places(runbook, place, target)]
    if problems:
        raise ConfigError(problems)
    return runbook


def _unknown_steps(runbook: Runbook, place: Place) -> Iterator[Problem]:
    names = [step.name for step in runbook.steps]
    for number, step in enumerate(runbook.steps):
        if step.name in names[:number]:
            yield Problem(
                f"two steps {quoted(step.name)}", place.of("steps", number, "name"), "its own name"
            )
        later = [*names[number + 1 :], STOP]
        for key in ("then", "otherwise"):
            word = getattr(step, key)
            if word and word not in later:
                cause = f"no later step {quoted(word)}" + nearest(word, later)
                yield Problem(cause, place.of("steps", number, key), ", ".join(later))


def _unknown_places(runbook: Runbook, place: Place, target: Target | None) -> Iterator[Problem]:
    if target is None:
        return
    known = [one.name for one in target.services] + [one.name for one in target.links]
    for number, step in enumerate(runbook.steps):
        if step.mend and step.mend not in known:
            cause = f"no link or service {quoted(step.mend)}" + nearest(step.mend, known)
            yield Problem(cause, place.of("steps", number, "mend"), ", ".join(known))
