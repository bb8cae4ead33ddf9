"""The catalogue: what every fault did on each runtime of this machine, beside what is stated.

python -m tests.conformance
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.errors import HarnessError
from harness.ports import Runtime
from harness.runtime_kind import RunContext
from harness.runtime_registry import load_runtime
from harness.runtimes.docker.images import Images, expected
from harness.runtimes.docker.runtime import DockerRuntime
from harness.runtimes.process.runtime import ProcessRuntime
from harness.runtimes.sim.loop import run
from harness.runtimes.sim.runtime import SimRuntime
from tests.conformance.effects import ABSENT, EFFECTS, Effect, Seen, effects_on, under
from tests.conformance.one_link import TARGET
from tests.docker.a_run import TOKEN
from tests.process.a_run import a_runtime

Results = dict[str, Seen]


async def suite(runtime: Runtime) -> Results:
    """Every fault that the runtime has the power for, one after the other."""
    await runtime.start(TARGET, {})
    try:
        return {one.name: await under(runtime, one) for one in effects_on(type(runtime))}
    finally:
        await runtime.stop()


def on_sim(folder: Path) -> Results:
    """In virtual time."""
    return run(suite(SimRuntime(1, TOKEN)), 1)


def on_process(folder: Path) -> Results:
    """Through a real proxy to a real process."""
    return asyncio.run(suite(a_runtime(folder, "run")))


def on_docker(folder: Path) -> Results:
    """Through a real proxy to a container."""
    images: Images = expected()
    context = RunContext(f"catalogue-{folder.name}", folder, 7, TOKEN)
    return asyncio.run(suite(DockerRuntime(context, images)))


def cell(effect: Effect, seen: Seen | None, lacks: str) -> str:
    """How operations ended, how long the median took, how many calls arrived where one can ask."""
    if seen is None:
        return f"no: {lacks}"
    ended = ", ".join(f"{count} {how}" for how, count in sorted(seen.ended.items()))
    arrived = "" if effect.fault.kind in ABSENT else f"; {seen.reached} arrived"
    return f"{ended}; {seen.latency_s:.2f} s{arrived}"


def main() -> None:
    """Print it as Markdown."""
    ways: dict[type[Runtime], Callable[[Path], Results]] = {
        SimRuntime: on_sim,
        ProcessRuntime: on_process,
        DockerRuntime: on_docker,
    }
    seen: dict[type[Runtime], Results] = {}
    for runtime, way in ways.items():
        with TemporaryDirectory(prefix="harness-") as folder:
            try:
                seen[runtime] = way(Path(folder))
            except HarnessError as why:
                print(f"{runtime.name}: not here: {why}\n")
    print("| fault | stated | " + " | ".join(f"`{one.name}`" for one in seen) + " |")
    print("|---" * (2 + len(seen)) + "|")
    for effect in EFFECTS:
        power = effect.fault.capability
        cells = (
            cell(effect, got.get(effect.name), load_runtime(one.name).lacks.get(power, ""))
            for one, got in seen.items()
        )
        print(f"| `{effect.name}` | {effect.stated} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
