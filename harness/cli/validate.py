"""`harness validate`."""

from __future__ import annotations

from harness.cli.console import out, warn
from harness.document import load_experiment
from harness.overrides import AS_WRITTEN, Overrides
from harness.prepare import find_words, load_design


def validate_command(
    experiment: str, design: str, target: str = "", overrides: Overrides = AS_WRITTEN
) -> int:
    """Check both documents.

    Returns:
        0; problems are raised.
    """
    words, path = find_words(experiment, target)
    found = load_experiment(path, words, overrides)
    load_design(design, words)
    warn(found)
    faults = ", ".join(f"{fault.kind} at {fault.where}" for fault in found.faults())
    out(f"{path}: valid: {found.id} {found.title}; {faults}; {found.load_s:g} s of load")
    return 0
