"""The plans and the reasons of bench/parity.py; running them on real parts is the benchmark's."""

from __future__ import annotations

from pathlib import Path

from bench.parity import UNEXPLAINED, WHOLE, Side, explained
from bench.parity_plans import plans
from harness.document import load_experiment
from harness.registry import load_vocabulary


def side(says: str, *, lasted_s: float = 3.0) -> Side:
    """A side with one invariant."""
    return Side({"x": says, WHOLE: "pass"}, {}, (), {"crash at database": lasted_s}, 0.0, 0, 1.0)


def test_a_seed_gives_plans_that_can_be_run(tmp_path: Path) -> None:
    """A plan can be repeated by its number alone, whatever the count."""
    words = load_vocabulary()
    many, few = list(plans(7, 30)), list(plans(7, 10))
    assert many[:10] == few
    for plan in many:
        (tmp_path / "plan.yaml").write_text(plan.text)
        assert load_experiment(tmp_path / "plan.yaml", words).steps


def test_a_difference_is_explained_by_what_was_measured_alone() -> None:
    """What neither another seed nor another run shows stays unexplained."""
    sim, real = side("holds"), side("violated")
    assert explained("x", sim, real, [sim], real).why == UNEXPLAINED
    assert "seed" in explained("x", sim, real, [sim, real], real).why
    assert "real runs" in explained("x", sim, real, [sim], sim).why
    late = side("violated", lasted_s=5.0)
    assert "3.0 s, 5.0 s" in explained("x", sim, late, [sim], late).evidence
