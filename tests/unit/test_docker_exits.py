"""Which ends of containers nobody asked for."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import RuntimeFailure
from harness.runtimes.docker.engine import PROGRAM
from harness.runtimes.docker.exits import Exits


def event(action: str, program: str = "risk", **more: str) -> dict[str, Any]:
    """As the engine tells it."""
    return {"Action": action, "Actor": {"ID": "c1", "Attributes": {PROGRAM: program, **more}}}


def test_an_end_that_we_brought_about_is_not_told_and_the_next_one_is() -> None:
    """A crash and its undo say nothing; somebody else's SIGKILL after it does, once."""
    exits = Exits("mark")
    with exits.asked("risk"):
        exits.heard(event("kill", signal="9"))
    exits.heard(event("die", exitCode="137"))
    assert exits.unasked() == []
    exits.heard(event("die", exitCode="137"))
    (one,) = exits.unasked()
    assert (one.program, one.code, one.signalled) == ("risk", 137, True)
    assert exits.unasked() == []


def test_an_end_that_could_not_be_brought_about_leaves_no_licence() -> None:
    """It did not run: the kill fails, and what ends later is told."""
    exits = Exits("mark")
    with pytest.raises(RuntimeFailure), exits.asked("risk"):
        raise RuntimeFailure("risk does not run")
    exits.heard(event("die", exitCode="1"))
    assert [one.signalled for one in exits.unasked()] == [False]


def test_a_program_that_ends_in_good_order_after_a_signal_of_somebody_else_was_signalled() -> None:
    """As process 1 of a container it exits 0 after SIGTERM: that is not its own doing."""
    exits = Exits("mark")
    exits.heard(event("kill", "lending", signal="15"))
    exits.heard(event("die", "lending", exitCode="0"))
    (one,) = exits.unasked()
    assert (one.code, one.signalled) == (143, True)


def test_what_a_fault_takes_from_a_program_may_end_it_until_the_fault_is_undone() -> None:
    """Killed by the kernel for want of memory, as often as it likes; not any more afterwards."""
    exits = Exits("mark")
    exits.allow("risk", "memory", may=True)
    exits.heard(event("die", exitCode="137"))
    exits.heard(event("die", exitCode="137"))
    assert exits.unasked() == []
    exits.allow("risk", "memory", may=False)
    exits.heard(event("die", exitCode="137"))
    assert len(exits.unasked()) == 1
