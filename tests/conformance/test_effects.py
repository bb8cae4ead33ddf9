"""One suite of faults, the same expectations on every runtime."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from harness.runtimes.process.runtime import ProcessRuntime
from harness.runtimes.sim.loop import run
from harness.runtimes.sim.runtime import SimRuntime
from tests.conformance.effects import Effect, Seen, effects_on, load, under
from tests.conformance.one_link import TARGET
from tests.process.a_run import started


@pytest.mark.parametrize("effect", effects_on(SimRuntime), ids=lambda effect: effect.name)
def test_on_sim(effect: Effect) -> None:
    """Each fault does in the model what is stated of it, and leaves a sound link."""

    async def story() -> tuple[Seen, dict[str, int]]:
        runtime = SimRuntime(1, "token-of-the-test")
        await runtime.start(TARGET, {})
        seen = await under(runtime, effect)
        after, _ = await load(runtime)
        await runtime.stop()
        return seen, dict(after)

    seen, after = run(story(), 1)
    assert effect.holds(seen), (effect.stated, seen)
    assert set(after) == {"ok"}


@pytest.mark.process
def test_on_real_parts(tmp_path: Path) -> None:
    """The same faults do the same through a real proxy to a real process."""

    async def story() -> list[tuple[str, str, Seen]]:
        wrong = []
        async with started(tmp_path, TARGET) as runtime:
            for effect in effects_on(ProcessRuntime):
                seen = await under(runtime, effect)
                if not effect.holds(seen):
                    wrong.append((effect.name, effect.stated, seen))
        return wrong

    assert asyncio.run(story()) == []
