"""What holds for every invariant."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import chaos.invariants
from harness.checker import check_safe
from harness.history import History
from harness.model import Objectives, Validity

NAMES = [
    module.name
    for module in pkgutil.iter_modules(chaos.invariants.__path__)
    if not module.name.startswith("_")
]


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_history_is_unknown_and_says_what_was_missing(name: str) -> None:
    """No empty pass, and no crash; the name is the file's."""
    invariant = importlib.import_module(f"chaos.invariants.{name}").INVARIANT
    found = check_safe(invariant, History(()), Objectives())
    assert (found.validity, found.examined, found.checker) == (Validity.UNKNOWN, 0, name)
    assert found.why
    assert "crashed" not in found.why
    assert invariant.claim.endswith(".")
    assert invariant.ids
