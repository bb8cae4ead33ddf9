"""The contract of a runtime: all that the engine knows of one, as one value.

    before a run                 during a run         after it, from any process
    capabilities, lacks,         make ──> Runtime     recovery: attach, alive, end
    missing, preference          run

A runtime is one package: `RUNTIME`, a `RuntimeKind`, in its `__init__`. Those in
`harness/runtimes/` are found by their folder, others by an entry point of the group
`chaos_harness.runtimes` that names the value. `__init__` should import what is heavy in its
functions only: every kind is loaded to tell which runtime has a capability.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from harness.errors import ConfigError, Problem
from harness.json_types import JsonObject
from harness.ports import Capability, Runtime
from harness.scenario import Stage
from harness.target import Target

T = TypeVar("T")
State = JsonObject
"""A recovery state: plain JSON data, as `Runtime.recovery_state` gave it."""


@dataclass(frozen=True)
class RunContext:
    """What a runtime of one run is made of.

    Args:
        run_id: unique on this machine; what is started should bear it.
        run_dir: folder for what stays of the run.
        seed: of the run.
        token: protects the control routes of the stand-ins; not to be written where others read.
    """

    run_id: str
    run_dir: Path
    seed: int
    token: str


class Attached(Protocol):
    """The controls of a run that another process started."""

    def capability(self, capability: Capability) -> Any:
        """The control for `capability`.

        Raises:
            UnsupportedFault: there is none; says what there is.
        """

    async def close(self) -> None:
        """Close the connections; the run goes on."""


class StandingRuntime(Runtime, Protocol):
    """A runtime whose target can outlive this process (`harness up`)."""

    async def leave(self) -> None:
        """Release what was started; it stands until `Recovery.end`."""


@dataclass(frozen=True)
class Found:
    """What the machine itself shows of a run, by the marks that everything of it carries.

    Args:
        owner: process id of who started it; 0 for what stands without an owner.
        alive: whether that very process lives.
        things: `payment_a (pid 123)`.
    """

    run_id: str
    owner: int
    alive: bool
    things: tuple[str, ...]

    @property
    def standing(self) -> bool:
        """Whether it is meant to stand without an owner."""
        return not self.owner


@dataclass(frozen=True)
class Recovery:
    """How any process takes hold of a run, from its recovery state, or from its marks alone.

    A runtime that starts anything which outlives its process has one, and the run then gets a
    lease and a watchdog. Everything that it starts must carry a mark with the run's id: a file
    can be gone, cut off or changed by somebody else.

    Args:
        load: the recovery state from a run's folder and id. Raises RuntimeFailure when it is not
            there, or not as the run wrote it.
        attach: rebuild the controls, to undo faults. Raises RuntimeFailure when it cannot.
        alive: what exists of the run, one phrase each: `payment_a (pid 123)`. Changes nothing.
        end: end and remove all of it; blocks, also while an event loop runs. Returns what is left.
        found: every run of this cache of which anything exists, by marks. Changes nothing.
        end_found: end and remove what carries the mark of the run with this id; blocks. Returns
            what is left.
        stand: a runtime to be left standing, every program published on 127.0.0.1; None where a
            target cannot stand.
    """

    load: Callable[[Path, str], State]
    attach: Callable[[State], Awaitable[Attached]]
    alive: Callable[[State], list[str]]
    end: Callable[[State], list[str]]
    found: Callable[[], list[Found]]
    end_found: Callable[[str], list[str]]
    stand: Callable[[RunContext], StandingRuntime] | None = None


class ImageStore(Protocol):
    """The images that a runtime needs on this machine; to be closed."""

    def table(self) -> list[tuple[str, float | None]]:
        """Name and size, MiB, of each; None for one that is not made yet."""

    def build(self, say: Callable[[str], None]) -> None:
        """Make those that are not there."""

    def origin(self) -> str:
        """Of what they are made, for people."""

    def close(self) -> None:
        """Close the connections."""


class RunCoroutine(Protocol):
    """Runs a coroutine to its end, as `asyncio.run` does, on the loop of a runtime."""

    def __call__(self, work: Coroutine[object, object, T], seed: int) -> T:
        """Run it.

        Args:
            seed: draws what the loop decides by chance; real time takes no notice of it.
        """


def run_in_real_time(work: Coroutine[object, object, T], seed: int) -> T:
    """The loop of asyncio: the order of what happens is the machine's, whatever the seed."""
    return asyncio.run(work)


@dataclass(frozen=True)
class RuntimeKind:
    """One runtime.

    Args:
        name: as `--runtime` takes it; unique.
        about: what it is, a few words for `harness list`.
        needs: what a machine must have, in words: `Toxiproxy and PostgreSQL`.
        deterministic: whether a seed gives the same history event by event; only then can a run
            be replayed.
        capabilities: those that `Runtime.capability` has a control for.
        lacks: the reason for each other capability, for whoever is refused.
        make: the runtime of one run; nothing is started. Raises RuntimeFailure when something
            that it needs is missing, with the remedy.
        run: the loop that `make`'s runtime needs.
        models_standbys: whether every database has a standby there, whatever the target's topology.
        missing: what this machine lacks, by name; empty when it can run here. Must be quick.
        missing_for: what this machine lacks of what a target asks for besides, each with the
            remedy; empty when it can run here.
        preference: runtimes are tried in this order, least first, when nobody names one.
        recovery: None for a runtime that ends with this process, whatever happens to it.
        images: opens its images; None for a runtime without.
        stage: what `harness explore` runs scenarios on: (design, target, journey -> module, both
            as dotted names or paths); None for a runtime that runs none.

    Raises:
        ConfigError: a capability without a word about it, or with two.
    """

    name: str
    about: str
    needs: str
    deterministic: bool
    capabilities: frozenset[Capability]
    lacks: Mapping[Capability, str]
    make: Callable[[RunContext], Runtime]
    run: RunCoroutine = run_in_real_time
    models_standbys: bool = False
    missing: Callable[[], list[str]] = list
    missing_for: Callable[[Target], list[str]] = field(default=lambda _: [])
    preference: int = 100
    recovery: Recovery | None = None
    images: Callable[[], ImageStore] | None = None
    stage: Callable[[Mapping[str, object], str, Mapping[str, str]], Stage] | None = None

    def __post_init__(self) -> None:
        """Check that each capability is either there or lacks for a reason."""
        where, wrong = f"runtime {self.name}", sorted(self.capabilities & self.lacks.keys())
        problems = [Problem(f"{one} is both there and lacking", where) for one in wrong]
        unknown = sorted(set(Capability) - self.capabilities - self.lacks.keys())
        problems += [
            Problem(f"{one} is neither there nor lacking", where, remedy="give the reason in lacks")
            for one in unknown
        ]
        if problems:
            raise ConfigError(problems)

    @property
    def stand(self) -> Callable[[RunContext], StandingRuntime] | None:
        """What makes a runtime that can be left standing; None where there is no such thing."""
        return None if self.recovery is None else self.recovery.stand
