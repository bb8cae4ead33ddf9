"""What code of a simulated service gets from Python itself: the seed's, and only there."""

from __future__ import annotations

import os
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest

from harness.plugins import load
from harness.runtimes.sim.host import Home
from harness.runtimes.sim.loop import HOME, run
from harness.runtimes.sim.machine import EPOCH_S, simulated_machine

SERVICE = """\
import os, random, secrets, time, uuid


def asks():
    chance = str(uuid.uuid4()), secrets.token_hex(4), os.urandom(3), random.random()
    return *chance, time.time(), time.monotonic_ns()
"""


@pytest.fixture
def service(tmp_path: Path) -> Any:
    """Code of somebody else's."""
    file = tmp_path / "service.py"
    file.write_text(SERVICE)
    return load(str(file))


def _asked(service: Any, life: str, seed: int) -> Any:
    """What one life of a service gets."""

    async def asks() -> Any:
        context = Context()
        context.run(HOME.set, Home(life))
        return context.run(service.asks)

    with simulated_machine(seed):
        return run(asks(), seed)


def test_a_service_gets_the_same_of_one_seed_and_other_ids_in_another_life(service: Any) -> None:
    """A service that was restarted does not give its old ids again."""
    first = _asked(service, "lender/101", 7)
    assert first == _asked(service, "lender/101", 7)
    assert first[4:] == (EPOCH_S, 0)
    for other in (_asked(service, "lender/102", 7), _asked(service, "lender/101", 8)):
        assert not set(first[:3]) & set(other[:3])


def test_everybody_else_gets_what_is_real(service: Any) -> None:
    """Tokens of the harness cannot be foretold; afterwards everything is as it was."""
    real = os.urandom
    with simulated_machine(7):
        one = service.asks()
    with simulated_machine(7):
        other = service.asks()
    assert not set(one[:3]) & set(other[:3])
    assert (os.urandom, one[4] > EPOCH_S) == (real, True)
