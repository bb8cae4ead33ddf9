"""R6 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.one_writer_an_epoch import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _taken(*writes: tuple[float, str, int]) -> Story:
    """Submits: when, by which instance, under which epoch."""
    story = Story()
    for number, (t_s, writer, epoch) in enumerate(writes):
        value = {"application_id": f"app-{number}", "writer": writer, "epoch": epoch}
        story.op(t_s, "submit", f"k{number}", value=value)
    return story


def test_one_instance_after_the_other_is_fine() -> None:
    """Each under an epoch of its own."""
    found = verdict(INVARIANT, _taken((1.0, "a", 1), (2.0, "a", 1), (3.0, "b", 2)))
    assert (found.validity, found.examined) == (Validity.VALID, 3)


def test_two_instances_under_one_epoch_are_found() -> None:
    """Nobody fenced them."""
    assert "a had written under the same one" in what(
        verdict(INVARIANT, _taken((1.0, "a", 0), (2.0, "b", 0)))
    )


def test_a_write_under_an_epoch_that_is_over_is_found() -> None:
    """The old writer was cut off and did not notice."""
    story = _taken((1.0, "a", 1), (2.0, "b", 2), (3.0, "a", 1))
    assert "epoch 2 had begun" in what(verdict(INVARIANT, story))


def test_a_write_that_was_under_way_when_the_epoch_changed_is_no_harm() -> None:
    """It was taken before, and heard of afterwards."""
    story = Story().op(1.0, "submit", "k0", took_s=2.0, value={"writer": "a", "epoch": 1})
    story.op(2.0, "submit", "k1", value={"writer": "b", "epoch": 2})
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_writes_that_name_no_epoch_say_nothing() -> None:
    """There is one instance alone."""
    found = verdict(INVARIANT, Story().submits(1.0, "k1", "app-1"))
    assert found.validity is Validity.UNKNOWN
