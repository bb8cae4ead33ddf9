"""Every error of the harness, in one tree.

    HarnessError                 exit 4   the harness could not do its work
    ├── ConfigError              exit 2   what the person gave us is wrong; lists every problem
    │   └── UnsupportedFault     exit 2   this runtime cannot do that; says what it can
    ├── RuntimeFailure           exit 4   our environment broke (port taken, part missing, service
    died)
    │   └── LeftOvers            exit 4   an earlier run is still there; names the command that
    clears it
    ├── TargetContractError      exit 4   the system under test does not speak its contract
    ├── DeterminismError         exit 4   same seed, different history
    └── HealFailed               exit 5   an undo could not be proven; stop everything

A misbehaving service is a verdict, never an exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


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
        head = f"{self.where}: {self.cause}" if self.where else self.cause
        tail = [f"allowed: {self.allowed}"] if self.allowed else []
        tail += [f"try: {self.remedy}"] if self.remedy else []
        return "; ".join([head, *tail])


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
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UnsupportedFault(ConfigError):
    """This runtime cannot do what the experiment asks."""


class RuntimeFailure(HarnessError):
    """Our own environment broke."""


class LeftOvers(RuntimeFailure):
    """Something of an earlier run is still there."""


class TargetContractError(HarnessError):
    """The system under test does not speak the contract that its target declares."""


class DeterminismError(HarnessError):
    """The same seed gave a different history."""


class HealFailed(HarnessError):
    """An undo could not be proven."""

    exit_code = 5
