"""What people have said of a package's mutants: a YAML file that is reviewed like code.

required: [money, debits]          # modules whose score has to be reached
left-out: {serve: runs on real parts alone}
equivalent: {1a2b3c4d: "money.Money.run: why no borrower and no ledger can tell"}
never-called: {intake.Intake._collect_now: why the good design does not}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML

from harness import plugins
from harness.errors import ConfigError, Problem
from harness.self_test.mutants.sites import Mutant

KEYS = ("required", "left-out", "equivalent", "never-called")


@dataclass(frozen=True)
class Reviewed:
    """The file.

    Args:
        required: last parts of names of modules.
        left_out: modules, or packages, below the package -> why.
        equivalent: id of a mutant -> why it is no mistake.
        never_called: functions, below the package -> why the good design never calls them: none of
            their mutants is a mistake of it.
    """

    required: frozenset[str] = frozenset()
    left_out: Mapping[str, str] = field(default_factory=dict)
    equivalent: Mapping[str, str] = field(default_factory=dict)
    never_called: Mapping[str, str] = field(default_factory=dict)

    def why(self, mutant: Mutant) -> str:
        """Why it is no mistake of the good design; "" where it is one."""
        function = f"{mutant.module.partition('.')[2]}.{mutant.function}"
        return self.equivalent.get(mutant.id) or self.never_called.get(function, "")

    def leaves_out(self, module: str) -> bool:
        """Whether a module, by its dotted name, is not looked at."""
        below = module.partition(".")[2]
        return any(below == one or below.startswith(f"{one}.") for one in self.left_out)


def reviewed_of(package: str) -> Reviewed:
    """What comes along for a package; nothing for others.

    Raises:
        ConfigError: the file is not as it should be.
    """
    file = plugins.file_of(f"{plugins.SHIPPED}.defects").parent / f"{package}.mutants.yaml"
    return _read(file) if file.is_file() else Reviewed()


def _read(file: Path) -> Reviewed:
    found = YAML(typ="safe").load(file.read_text(encoding="utf-8")) or {}
    if not isinstance(found, dict) or set(found) - set(KEYS):
        got = ", ".join(map(str, found)) if isinstance(found, dict) else type(found).__name__
        raise ConfigError(Problem(f"got {got}", str(file), f"a mapping of {', '.join(KEYS)}"))
    return Reviewed(
        frozenset(found.get("required") or ()),
        dict(found.get("left-out") or {}),
        {str(key): str(why) for key, why in (found.get("equivalent") or {}).items()},
        dict(found.get("never-called") or {}),
    )
