"""Breaks that have to be shown and are not, are told to be younger, or are shown without cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from chaos.invariants._files import Wrong
from chaos.invariants._finding import bad
from chaos.invariants._service_clock import CLOCKS_S
from chaos.targets._reference_gauges import BREAK_AGE, BREAKS
from harness.history import Event

LOOK_S = 1.0
"""A figure may be so old when it is told: figures are read every second."""

Disturbed = Callable[[str, float, float], bool]
Bad = Mapping[str, object]


def _shown(event: Event, one: Wrong) -> int:
    return int(event.v.get(BREAKS, {}).get(f"{one.sender}: {one.kind}", 0))


def _standing(
    event: Event, due: Sequence[Wrong], within_s: float, disturbed: Disturbed
) -> Iterator[Wrong]:
    """What has to be shown by then."""
    for one in due:
        in_time = one.due_s + within_s <= event.t_s < one.lift_s
        if in_time and not disturbed(one.sender, one.due_s, event.t_s):
            yield one


def unseen(
    told: Sequence[Event], due: Sequence[Wrong], within_s: float, disturbed: Disturbed
) -> Iterator[Bad]:
    """Fewer breaks than there are; each sender and kind once."""
    seen = set()
    for event in told:
        standing: defaultdict[tuple[str, str], list[Wrong]] = defaultdict(list)
        for one in _standing(event, due, within_s, disturbed):
            standing[one.sender, one.kind].append(one)
        for (sender, kind), each in standing.items():
            n, shown = sum(one.n for one in each), _shown(event, each[0])
            if shown < n and (sender, kind) not in seen:
                seen.add((sender, kind))
                periods = ", ".join(str(one.period) for one in each)
                what = f"the files of {sender} for period {periods} came to {n} breaks ({kind}), "
                what += f"and the service showed {shown} of them at {event.t_s:.2f} s"
                events = [event.i, *(i for one in each for i in one.events[:1])]
                yield bad(event.t_s, what, events, sender=sender, kind=kind)


def young(
    told: Sequence[Event], due: Sequence[Wrong], within_s: float, disturbed: Disturbed
) -> Iterator[Bad]:
    """Breaks that are told to be younger than they are; each sender once."""
    seen = set()
    for event in told:
        for one in _standing(event, due, within_s, disturbed):
            age_s = float(event.v.get(BREAK_AGE, {}).get(one.sender, 0.0))
            least_s = event.t_s - one.due_s - within_s - LOOK_S
            if _shown(event, one) and age_s < least_s and one.sender not in seen:
                seen.add(one.sender)
                what = f"the oldest break with {one.sender} is at least {least_s:.1f} s old at "
                what += f"{event.t_s:.2f} s, and the service says {age_s:.1f} s"
                yield bad(event.t_s, what, [event.i], sender=one.sender, kind=one.kind)


def invented(
    told: Sequence[Event], wrong: Sequence[Wrong], within_s: float, disturbed: Disturbed
) -> Iterator[Bad]:
    """Breaks where the books agree, or more than there are; each sender and kind once."""
    seen = set()
    for event in told:
        for name, shown in event.v.get(BREAKS, {}).items():
            sender, _, kind = name.partition(": ")
            most = sum(
                one.n
                for one in wrong
                if (one.sender, one.kind) == (sender, kind)
                and one.due_s - CLOCKS_S <= event.t_s <= one.heal_s + within_s
            )
            if shown > most and name not in seen and not disturbed(sender, 0.0, event.t_s):
                seen.add(name)
                what = f"the service showed {shown:g} breaks with {sender} ({kind}) at "
                what += f"{event.t_s:.2f} s, and its files came to {most}"
                yield bad(event.t_s, what, [event.i], sender=sender, kind=kind)
