"""The suite of faults that every runtime passes, in containers."""

from __future__ import annotations

from pathlib import Path

from harness.runtime_kind import RunContext
from harness.runtimes.docker.images import Images
from harness.runtimes.docker.runtime import DockerRuntime
from tests.conformance.effects import Effect, Seen, effects_on, under
from tests.conformance.one_link import TARGET
from tests.docker.a_run import TOKEN, in_loop


def as_in_containers(effect: Effect, seen: Seen) -> bool:
    """As everywhere, but for a container that is gone: the first caller learns it after a second,
    when the network gives up, and those behind it in the proxy's queue wait with it."""
    if effect.fault.kind in ("crash", "stop"):
        return seen.all_are("reset", "timeout") and seen.reached == 0
    return effect.holds(seen)


def test_faults_do_in_containers_what_they_do_elsewhere(tmp_path: Path, images: Images) -> None:
    """The same expectations as on sim and process, through a real proxy to a container."""
    wrong: list[tuple[str, str, Seen]] = []

    async def body() -> None:
        runtime = DockerRuntime(RunContext(f"effects-{tmp_path.name}", tmp_path, 7, TOKEN), images)
        await runtime.start(TARGET, {})
        try:
            for effect in effects_on(DockerRuntime):
                seen = await under(runtime, effect)
                if not as_in_containers(effect, seen):
                    wrong.append((effect.name, effect.stated, seen))
        finally:
            assert await runtime.stop() == []

    in_loop(body, 300)
    assert wrong == []
