"""What a runtime on real sockets imports last: every kind is loaded to be listed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from harness.ports import Runtime
from harness.runtime_kind import Attached, Found, Recovery, RunContext, StandingRuntime, State


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
    return lambda context: make().make(context)
