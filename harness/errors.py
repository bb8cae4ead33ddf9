"""Every error of the harness, in one tree.

    HarnessError                 exit 4   the harness could not do its work
    ├── ConfigError              exit 2   what the person gave us is wrong; lists every problem
    │   └── UnsupportedFault     exit 2   this runtime cannot do that; says what it can
    ├── RuntimeFailure           exit 4   our environment broke (port taken, part missing, service
    died)
    │   ├── LeftOvers            exit 4   an earlier run is still there; names the command that
    │   │                                 clears it
    │   └── PlaceTaken           exit 4   somebody else listens where a program of ours should
    ├── TargetContractError      exit 4   the system under test does not speak its contract
    ├── DeterminismError         exit 4   same seed, different history
    └── HealFailed               exit 5   an undo could not be proven; stop everything

A misbehaving service is a verdict, never an exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from traceback import walk_tb

from harness.text import cut

CAUSE_MAX = 400  # characters; chosen, as the next two: a problem fits on a screen
ALLOWED_MAX = 1500  # every experiment there is, by id
PROBLEMS_MAX = 20
MESSAGE_MAX = 8000  # characters of all problems together
_ROOT = Path(__file__).parents[1]
_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(:(?P<column>\d+))?", re.DOTALL)


class HarnessError(Exception):
    """The harness could not do its work."""

    exit_code = 4


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a document or an argument.

    Args:
        cause: what is wrong, with the value that was got.
        where: file, line and column, or the name of the argument.
        allowed: what would have been accepted.
        remedy: what to write or run instead.
    """

    cause: str
    where: str = ""
    allowed: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        """One line: where, cause; allowed; remedy."""
        cause, where = cut(self.cause, CAUSE_MAX), cut(self.where, CAUSE_MAX)
        head = f"{where}: {cause}" if where else cause
        tail = [f"allowed: {cut(self.allowed, ALLOWED_MAX)}"] if self.allowed else []
        tail += [f"try: {cut(self.remedy, CAUSE_MAX)}"] if self.remedy else []
        return "; ".join([head, *tail])

    def as_data(self) -> dict[str, object]:
        """For machines; line and column count from 1, and are None where there is no file."""
        found = _PLACE.fullmatch(self.where)
        line, column = (found["line"], found["column"]) if found else (None, None)
        return {
            "message": cut(self.cause, CAUSE_MAX),
            "file": cut(found["file"] if found else self.where, CAUSE_MAX),
            "line": int(line) if line else None,
            "column": int(column) if column else None,
            "allowed": cut(self.allowed, ALLOWED_MAX),
            "remedy": cut(self.remedy, CAUSE_MAX),
        }


def shown(problems: Sequence[Problem]) -> Iterator[str]:
    """A line each, as many as a person reads, and how many more there are."""
    room = MESSAGE_MAX
    for number, problem in enumerate(problems):
        room -= len(text := str(problem))
        if number and (number >= PROBLEMS_MAX or room < 0):
            yield f"and {len(problems) - number} more"
            return
        yield text


class ConfigError(HarnessError):
    """What the person gave us is wrong.

    Args:
        problems: every problem found, in the order of the document.
    """

    exit_code = 2

    def __init__(self, problems: Sequence[Problem] | Problem | str) -> None:
        """Take one problem or many."""
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(shown(self.problems)))


class UnsupportedFault(ConfigError):
    """This runtime cannot do what the experiment asks."""


class RuntimeFailure(HarnessError):
    """Our own environment broke."""


class LeftOvers(RuntimeFailure):
    """Something of an earlier run is still there."""


class PlaceTaken(RuntimeFailure):
    """Somebody else listens at the address of one of our programs: trying again does not help."""


class TargetContractError(HarnessError):
    """The system under test does not speak the contract that its target declares."""


class DeterminismError(HarnessError):
    """The same seed gave a different history."""


class HealFailed(HarnessError):
    """An undo could not be proven."""

    exit_code = 5


def described(error: BaseException) -> str:
    """What nobody expected, in a line: what, and the innermost line of ours."""
    if isinstance(error, HarnessError):
        return str(error)
    what = f"{type(error).__name__}: {cut(str(error), CAUSE_MAX)}"
    if isinstance(error, MemoryError):
        what = "out of memory"
    elif isinstance(error, OSError) and error.strerror:
        what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{what} (in {_where(error)})"


def _where(error: BaseException) -> str:
    frames = list(walk_tb(error.__traceback__))
    own = [one for one in frames if Path(one[0].f_code.co_filename).is_relative_to(_ROOT)]
    if not frames:
        return "no frame"
    frame, number = (own or frames)[-1]
    name = Path(frame.f_code.co_filename)
    return f"{name.relative_to(_ROOT) if own else name.name}:{number} {frame.f_code.co_name}"
