"""Turns a journey into requests and history events, without I/O: who has a network drives it.

journey ──Call──> drive ──Send──> Locust (gevent) or the simulation (asyncio)
        <─Completion─   <─Answer─
                    └──emit──> invoke and completion events
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import msgspec

from harness import plugins
from harness.clock import NS
from harness.errors import HarnessError
from harness.model import Outcome
from harness.rng import Dice
from harness.target import Call, Completion, Journey, Request, Target, Together, Wait
from harness.workload import Sink

JOURNEYS = f"{plugins.SHIPPED}.journeys"
NO_REFS: Mapping[str, str] = MappingProxyType({})


class JourneyKind(Protocol):
    """What borrowers of one kind do."""

    @property
    def name(self) -> str:
        """Unique; the name in a load plan."""

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of borrower `number`."""


class Send(msgspec.Struct, frozen=True):
    """Send `request`, which asks for `call`; wants an Answer sent back."""

    call: Call
    request: Request


class SleepUntil(msgspec.Struct, frozen=True):
    """Come back at `t_ns` on the run clock; wants None sent back."""

    t_ns: int


class AtOnce(msgspec.Struct, frozen=True):
    """Play all parts side by side; wants a tuple of what they return sent back."""

    parts: tuple[Drive, ...]


Drive = Generator[Send | SleepUntil | AtOnce, Any, Completion | None]
"""Is sent an Answer after a Send, Completions after an AtOnce, None after a SleepUntil."""


def drive(
    journey: Journey,
    *,
    name: str,
    due_ns: int,
    target: Target,
    emit: Sink,
    now_ns: Callable[[], int],
) -> Drive:
    """Run a journey to its end.

    An operation is due when it was meant to start: the first at the arrival, a later one at the
    completion before it plus the waits that the journey planned. After an unknown outcome the
    journey goes on under a new process name, because whatever was asked under the old one may
    still be happening; of operations that start at once each has a name of its own.

    Args:
        name: process name, `consumer/17`; later `consumer/17.2`, `consumer/17.3`, ...
        due_ns: the arrival, ns on the run clock.
        emit: takes each event (t, p, type, f, k, v, err, due, src).
        now_ns: the run clock.
    """
    process, lives, reply = name, 1, None
    while True:
        try:
            step = journey.send(reply)
        except StopIteration:
            return None
        if isinstance(step, Wait):
            due_ns, reply = due_ns + round(step.seconds * NS), None
            yield SleepUntil(due_ns)
            continue
        calls = step.calls if isinstance(step, Together) else (step,)
        names = [process, *(f"{name}.{lives + more}" for more in range(1, len(calls)))]
        lives += len(calls) - 1
        parts = tuple(
            _one(call, one, due_ns=due_ns, target=target, emit=emit, now_ns=now_ns)
            for call, one in zip(calls, names, strict=True)
        )
        if isinstance(step, Together):
            done = reply = yield AtOnce(parts)
        else:
            reply = yield from parts[0]
            done = (reply,)
        due_ns = now_ns()
        if any(one.outcome is Outcome.INFO for one in done):
            lives += 1
            process = f"{name}.{lives}"


def _one(
    call: Call,
    process: str,
    *,
    due_ns: int,
    target: Target,
    emit: Sink,
    now_ns: Callable[[], int],
) -> Generator[Send, Any, Completion]:
    """One operation from its invoke to its completion."""
    request = target.request(call)
    emit(_event(now_ns(), process, "invoke", call, call.args, due=due_ns))
    answer = yield Send(call, request)
    if answer is None:
        raise HarnessError(f"{process}: {call.f} was sent None back; it needs an Answer")
    completion = target.classify(call, answer)
    kind, value = completion.outcome.value, completion.value
    emit(_event(now_ns(), process, kind, call, value, err=completion.err))
    return completion


def find_journey(
    name: str, refs: Mapping[str, str] = NO_REFS, target: Target | None = None
) -> JourneyKind:
    """The JOURNEY of a module, or one of a target's own.

    Args:
        name: of a shipped journey, of one in `refs`, or dotted: of the module itself.
        refs: name -> dotted name, or path, of the module.
        target: may have `journeys` by name.

    Raises:
        ConfigError: no such module, or it defines no JOURNEY.
    """
    own: Mapping[str, JourneyKind] = getattr(target, "journeys", {})
    if name in own:
        return own[name]
    ref = refs.get(name) or (name if "." in name else f"{JOURNEYS}.{name}")
    kind: JourneyKind = plugins.constant(ref, "JOURNEY")
    return kind


def _event(
    t: int,
    p: str,
    type_: str,
    call: Call,
    v: Mapping[str, object],
    *,
    err: str = "",
    due: int | None = None,
) -> dict[str, object]:
    return {
        "t": t, "p": p, "type": type_, "f": call.f, "k": call.k, "v": dict(v),
        "err": err, "due": due, "src": "client",
    }  # fmt: skip
