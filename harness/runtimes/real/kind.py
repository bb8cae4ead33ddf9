"""What a runtime on real sockets imports last: every kind is loaded to be listed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from harness.errors import RuntimeFailure
from harness.ports import Runtime
from harness.runtime_kind import Attached, Found, Recovery, RunContext, StandingRuntime, State

LOAD, ENGINE = "locust", "docker"
EXTRAS = {LOAD: "load", ENGINE: "docker"}  # package -> the extra of ours that installs it


def lacking(*packages: str) -> list[str]:
    """Those that are not installed, each with what installs it."""
    missing = (name for name in packages if find_spec(name) is None)
    return [f"{name} (pip install 'chaos-harness[{EXTRAS[name]}]')" for name in missing]


def demand(*packages: str) -> None:
    """See that they are installed.

    Raises:
        RuntimeFailure: one is not; says what installs it.
    """
    if missing := lacking(*packages):
        raise RuntimeFailure(f"not installed: {', '.join(missing)}")


class Attaching(Protocol):
    """The module `attach` of a runtime; see `Recovery` for what each function does."""

    def recover(self, run_dir: Path, run_id: str) -> State:
        """`Recovery.load`."""

    async def attach(self, state: State) -> Attached:
        """`Recovery.attach`."""

    def alive(self, state: State) -> list[str]:
        """`Recovery.alive`."""

    def end_processes(self, state: State) -> list[str]:
        """`Recovery.end`."""

    def found(self) -> list[Found]:
        """`Recovery.found`."""

    def end_found(self, run_id: str) -> list[str]:
        """`Recovery.end_found`."""


class Making(Protocol):
    """The module `make` of a runtime."""

    def make(self, context: RunContext, *, look: bool = False) -> StandingRuntime:
        """A runtime of one run; `look`: it is to stand without an owner."""


def recovery(attach: Callable[[], Attaching], make: Callable[[], Making]) -> Recovery:
    """How a run is taken hold of, by modules that are imported when they are needed."""
    return Recovery(
        load=lambda run_dir, run_id: attach().recover(run_dir, run_id),
        attach=lambda state: attach().attach(state),
        alive=lambda state: attach().alive(state),
        end=lambda state: attach().end_processes(state),
        found=lambda: attach().found(),
        end_found=lambda run_id: attach().end_found(run_id),
        stand=lambda context: make().make(context, look=True),
    )


def making(make: Callable[[], Making]) -> Callable[[RunContext], Runtime]:
    """`RuntimeKind.make`, by a module that is imported when it is needed."""

    def made(context: RunContext) -> Runtime:
        demand(LOAD)
        return make().make(context)

    return made
