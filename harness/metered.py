"""What a history tells of the machine that a run had: events of `harness/metering.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from harness.history import Event, History
from harness.json_types import JsonObject
from harness.model import Validity, Verdict

WHO, USAGE = "machine", "usage"  # `p` and `f` of the events
MEMORY, OPEN = "Memory, MiB", "Open files, count"
GOT, WAITED = "Processor time, cores", "Wait for a processor, cores"
TURNS = ".Turns on a processor, a second"  # not shown: only how long one is waited for matters

SHARE_MIN = 1 / 3  # chosen: who gets a third of the time that it asks for takes three times as long
TURN_S = 0.001  # chosen: a free machine gives a turn within 0.1 ms, and an answer takes dozens
ASIDE_S = 1.0  # chosen: what took too long began before it was seen, by a reading or two
WAITED_MIN = 0.1  # cores; chosen: below that, a program asks for too little for it to matter


class Starved(NamedTuple):
    """A program that did not get the processor time that it asked for.

    Args:
        program: the worst off.
        share: of the time that it could have run, 0..1.
    """

    program: str
    share: float

    def __str__(self) -> str:
        """For a reader."""
        return f"{self.program} got {100 * self.share:.0f} % of the processor time it asked for"


def usage(history: History) -> list[Event]:
    """The readings, in their order."""
    return [event for event in history.of("service") if event.f == USAGE and event.p == WHO]


def starved(history: History, from_s: float, to_s: float) -> Starved | None:
    """The program that the machine kept waiting most in a stretch; None where it kept none.

    One that a fault was at is left out: whatever it lacked, the fault may have taken.
    """
    broken = {w.where for w in history.windows if w.t_inject_s < to_s and w.t_heal_s > from_s}
    got, waited, turns = Counter[str](), Counter[str](), Counter[str]()
    lasted_s = 0.0
    for part_s, event in _parts(history, from_s, to_s):
        lasted_s += part_s
        for sums, group in ((got, GOT), (waited, WAITED), (turns, TURNS)):
            for name, value in event.v.get(group, {}).items():
                sums[name] += value * part_s
    shares = {name: got[name] / (got[name] + wait_s) for name, wait_s in waited.items() if wait_s}
    kept = [
        name
        for name, share in shares.items()
        if share < SHARE_MIN and waited[name] > max(WAITED_MIN * lasted_s, TURN_S * turns[name])
    ]
    worst = max((one for one in kept if one not in broken), key=waited.__getitem__, default="")
    return Starved(worst, shares[worst]) if worst else None


def excused(verdict: Verdict, history: History) -> Verdict:
    """A broken promise of time; unknown where the machine kept a program waiting meanwhile."""
    found: JsonObject = verdict.first_bad or {}
    if verdict.validity is not Validity.INVALID or not found or not usage(history):
        return verdict
    numbers = set(found.get("events", ()))
    shown = [event.t_s for event in history.events if event.i in numbers]
    times = [float(found.get("t_s", 0.0)), *shown]
    machine = starved(history, min(times) - ASIDE_S, max(times) + ASIDE_S)
    if machine is None:
        return verdict
    why = f"{found.get('what', verdict.claim)}, but {machine}: nothing is said of the service"
    return replace(verdict, validity=Validity.UNKNOWN, first_bad=None, why=why)


def _parts(history: History, from_s: float, to_s: float) -> Iterator[tuple[float, Event]]:
    """Each reading with how much of its time lies in the stretch, in s: it tells of the time since
    the one before it."""
    since_s = 0.0
    for event in usage(history):
        if (part_s := min(event.t_s, to_s) - max(since_s, from_s)) > 0:
            yield part_s, event
        since_s = event.t_s
