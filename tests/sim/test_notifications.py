"""Whatever the notification provider does, nothing else that was promised breaks."""

from __future__ import annotations

import pytest

from harness.explore.plans import Fault
from harness.explore.sim_world import SimWorld
from harness.prepare import load_design
from harness.registry import load_vocabulary

HARDENED = load_design("hardened", load_vocabulary())
WHOLE = "tests.sim.whole_target"
EDGE = "lending->notification#1"


@pytest.mark.parametrize("journey", ["consumer", "repayer", "angry_retrier"])
def test_no_fault_of_a_notification_breaks_a_promise(journey: str) -> None:
    """Every way in which the first message can go wrong, on `hardened`: nothing is broken, and the
    borrower is told at last."""
    world = SimWorld(HARDENED, (journey,), 1, WHOLE)
    calm = world.run(())
    (call,) = [one for one in calm.calls if one.point == EDGE]
    assert len(call.modes) >= 5
    for mode in call.modes:
        seen = world.run((Fault(EDGE, mode),))
        assert seen.broken == (), (mode, seen.broken)


def test_a_search_leaves_out_what_nobody_waits_for() -> None:
    """The reference target names its core, and that is what runs."""
    edges = {point.edge for point in SimWorld(HARDENED, ("consumer",), 1).trace(()).points}
    assert "lending->payment_a" in edges
    assert "lending->notification" not in edges
