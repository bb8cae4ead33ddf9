"""What a fault does to its place, as plain data, and which acts contradict one another.

    Fault.inject(Notes) ──> acts, named after the injection ──> undo record ──> done to the control

An act is the name of a method of a control and its arguments. Toxics and rules are named after the
injection that brings them, so any number of them can be at one place, and each undo finds its own.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from harness.ports import ENDING, HOLDING, Act, Fault, Toxic

IN_PROCESS = frozenset({"pause", "limit_cpu"})  # ends with the process; rules outlive it
NEEDS_PROCESS = IN_PROCESS | ENDING | {"script", "restart", "limit_memory", "split"}
SINGLE = frozenset({"limit_cpu", "limit_memory", "fill_disk", "disconnect", "split"})


class Notes:
    """A control that does nothing and takes down what it is asked for."""

    def __init__(self) -> None:
        """Nothing was asked for yet."""
        self.acts: list[tuple[str, tuple[object, ...]]] = []

    def __getattr__(self, name: str) -> Callable[..., Coroutine[object, object, None]]:
        """Takes down an act of this name."""

        async def note(*args: object) -> None:
            self.acts.append((name, args))

        return note


async def acts_of(fault: Fault, injection: str) -> tuple[Act, ...]:
    """What a fault does, as plain data, its toxics and rules named after the injection."""
    notes = Notes()
    await fault.inject(notes)
    return tuple((name, *(_plain(arg, injection) for arg in args)) for name, args in notes.acts)


def _plain(arg: object, injection: str) -> object:
    if isinstance(arg, Toxic):
        return asdict(replace(arg, of=injection))
    if isinstance(arg, Sequence) and not isinstance(arg, str):
        return [{**rule, "id": f"{rule['id']}@{injection}"} for rule in arg]
    return arg


async def do(act: Act, control: object) -> None:
    """Do it."""
    name, *args = act
    await getattr(control, name)(*(Toxic(**a) if name == "add_toxic" and isinstance(a, Mapping)
                                   else a for a in args))  # fmt: skip


@dataclass(frozen=True)
class Span:
    """A fault with its time and its acts.

    Args:
        acts: their names.
    """

    fault: Fault
    at_s: float
    heal_at_s: float
    acts: frozenset[str]

    def overlaps(self, other: Span) -> bool:
        """Whether both are active at some time."""
        return self.at_s < other.heal_at_s and other.at_s < self.heal_at_s

    def has(self, t_s: float) -> bool:
        """Whether it is active at an instant."""
        return self.at_s <= t_s < self.heal_at_s

    def restarts(self, t_s: float) -> bool:
        """Whether its place is being restarted at an instant."""
        busy_s = getattr(self.fault, "lasts_s_min", 0.0) if "restart" in self.acts else 0.0
        return self.at_s <= t_s < self.at_s + busy_s


def span(fault: Fault, at_s: float, heal_at_s: float) -> Span:
    """The span of a fault, without an event loop: nothing that notes are taken of ever waits."""
    work = acts_of(fault, "")
    try:
        work.send(None)
    except StopIteration as done:
        return Span(fault, at_s, heal_at_s, frozenset(act[0] for act in done.value))
    raise TypeError(f"{fault.kind}: inject may await methods of its control and nothing else")


def contradiction(one: Span, other: Span) -> str:
    """Why two faults that overlap at one place cannot both be as written; "" when they compose.

    Links compose always: toxics stack, and a link is open when nobody closes it.
    """
    return _against(one, other) or _against(other, one)


def _against(a: Span, b: Span) -> str:
    """What of `a` is in the way of `b`."""
    one, other, begins = a.fault.kind, b.fault.kind, a.has(b.at_s)
    if begins and a.acts & ENDING and b.acts & NEEDS_PROCESS:
        return f"{one} has ended it when {other} begins, so there is no process"
    if a.acts & ENDING and "script" in b.acts and a.has(b.heal_at_s):
        return f"{one} has ended it when {other} is undone, so there is no process to tell"
    if b.acts & NEEDS_PROCESS and (a.restarts(b.at_s) or a.restarts(b.heal_at_s)):
        return f"{one} has it restarted when {other} begins or is undone"
    if begins and a.acts & IN_PROCESS and b.acts & (ENDING | {"restart"}):
        return f"what {one} does ends with the process, and {other} ends that"
    if begins and a.acts & b.acts & SINGLE:
        return f"there can be one {other} at a time"
    if a.acts & HOLDING and "limit_cpu" in b.acts:
        return f"{other} lets a process go on that {one} wants stopped"
    if a.acts & HOLDING and b.acts & {"script", "restart"} and (begins or a.has(b.heal_at_s)):
        return f"it is stopped by {one} when {other} begins or is undone, and hears nothing"
    return ""
