"""An incident as a recorded history shows it: its clock, and what grew while it went on.

first harm ── detected ── mitigated ── ended          all on the run clock, s; None: not seen
users, money, promises: when each was hit, with the events that show it
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.figures.outcomes import Class, classes
from harness.json_types import JsonDict
from harness.measures import served
from harness.model import RunResult, Validity
from harness.report.recorded import Recorded
from harness.reporting import exposures


@dataclass(frozen=True)
class Seen:
    """One thing that counts, at the instant from which it did.

    Args:
        what: the user, the exposure, the invariant.
        amount: how much it counts.
        events: numbers of the events of the history that show it.
    """

    t_s: float
    what: str
    amount: float = 1
    events: tuple[int, ...] = ()


@dataclass(frozen=True)
class Incident:
    """What happened, as far as the history shows.

    Args:
        untold: whether detection cannot be told: answers as after one came before the fault too.
        users: each user hit, at the first time.
        money: each amount that was in doubt, from when it counts as such.
        open_minor: of it, still in doubt at the end.
        broken: each broken invariant, at its first counterexample.
        seen_users: how many users there were.
        mended_s: when the last fault was undone.
        length_s: until the ledgers were read, or the history is cut off.
        cut: whether it is.
        causes: faults, where, from when to when.
        ledgers: who kept one, and how many entries of it the history holds.
        gaps: what evidence is missing, or does not agree.
    """

    detected_s: float | None
    untold: bool
    mitigated_s: float | None
    ended_s: float | None
    mended_s: float | None
    length_s: float
    users: tuple[Seen, ...]
    money: tuple[Seen, ...]
    broken: tuple[Seen, ...]
    open_minor: int
    seen_users: int
    lost: int
    causes: tuple[str, ...]
    ledgers: tuple[tuple[str, int], ...]
    gaps: tuple[str, ...] = ()
    cut: bool = False

    @property
    def first_harm_s(self) -> float | None:
        """When the first user was hit."""
        return self.users[0].t_s if self.users else None


def incident(result: RunResult, recorded: Recorded, in_doubt_after_s: float) -> Incident:
    """Read it from a run that was judged again.

    Args:
        in_doubt_after_s: money that is at risk for longer is in doubt.
    """
    history, figures = recorded.history, result.figures
    clock = figures.get("recovery") or {}
    outage = clock.get("outage") or {}
    money, still = _money(recorded, in_doubt_after_s)
    windows = history.windows
    mitigated_s = _plus(outage.get("fell_s"), outage.get("first_good_s"))
    users = tuple(_users(recorded))
    return Incident(
        detected_s=clock.get("detected_s"),
        untold=clock.get("detected_s") is None and _aware(recorded, clock.get("fault_s")),
        mitigated_s=mitigated_s,
        ended_s=_ended(clock.get("recovered_s"), mitigated_s, users),
        mended_s=max((one.t_heal_s for one in windows), default=None),
        length_s=recorded.length_s,
        users=users,
        money=money,
        broken=tuple(sorted(_broken(result, recorded.length_s), key=lambda one: one.t_s)),
        open_minor=still,
        seen_users=int(figures["users"]["seen"]),
        lost=int((figures.get("loss") or {}).get("lost", 0)),
        causes=tuple(
            f"{one.fault} at {one.where}, {one.t_inject_s:.1f} to {one.t_heal_s:.1f} s"
            for one in windows
        ),
        ledgers=tuple((name, held) for name, held, _ in _ledgers(recorded)),
        cut=not history.complete,
        gaps=(*_gaps(result, recorded), *_disagreements(result, recorded, len(users), still)),
    )


def _aware(recorded: Recorded, fault_s: float | None) -> bool:
    """Whether answers that show that the service knows of a fault came before there was one."""
    return any(
        (its is Class.DEGRADED or (its is Class.REFUSED and not served(op)))
        and fault_s is not None
        and op.last_s < fault_s
        for op, its in classes(recorded.history, recorded.target)
    )


def _users(recorded: Recorded) -> Iterator[Seen]:
    """Whoever was refused through no mistake of theirs, or got no explanation, once each."""
    found: dict[str, Seen] = {}
    harmed = [op for op, _ in classes(recorded.history, recorded.target) if not served(op)]
    for op in sorted(harmed, key=lambda op: (op.last_s, op.index)):
        found.setdefault(op.user, Seen(op.last_s, op.user, events=(op.index,)))
    yield from found.values()


def _money(recorded: Recorded, after_s: float) -> tuple[tuple[Seen, ...], int]:
    """Every exposure that lasted, and the sum of those that never ended."""
    found = [
        one
        for one in exposures(recorded.target, recorded.history) or ()
        if one.t_to_s is None or one.t_to_s - one.t_from_s > after_s
    ]
    seen = [Seen(one.t_from_s + after_s, one.what, one.amount_minor) for one in found]
    still = sum(one.amount_minor for one in found if one.t_to_s is None)
    return tuple(sorted(seen, key=lambda one: one.t_s)), still


def _broken(result: RunResult, length_s: float) -> Iterator[Seen]:
    for one in result.verdicts:
        if one.validity is Validity.INVALID:
            bad: JsonDict = dict(one.first_bad or {})
            what = f"{one.title}: {bad.get('what', one.claim)}"
            yield Seen(float(bad.get("t_s", length_s)), what, 1, tuple(bad.get("events", ())))


def _gaps(result: RunResult, recorded: Recorded) -> Iterator[str]:
    if not recorded.history.complete:
        yield "the history is cut off: nothing is known after its last event"
    for one in result.verdicts:
        if one.validity is Validity.UNKNOWN:
            yield f"{one.title} is unknown: {one.why}"


def _ledgers(recorded: Recorded) -> Iterator[tuple[str, int, int]]:
    """Who kept a ledger, its entries in the history, and as many as it said to have."""
    history = recorded.history
    held = Counter(event.p for event in history.of("ledger"))
    said = {event.p: event.v for event in history.of("clock") if event.f == "ledger"}
    for name, its in sorted(said.items()):
        yield name, held[name], int(its.get("entries", 0))


def _disagreements(result: RunResult, recorded: Recorded, users: int, still: int) -> Iterator[str]:
    """Where a figure of the incident is not that of the run, or of a ledger."""
    of_run, risk = result.figures["users"], result.figures.get("risk") or {}
    pairs = [
        ("users hit", users, of_run["turned_away"]),
        ("money still in doubt, minor units", still, risk.get("end_minor", 0)),
        *((f"ledger of {name}, entries", held, said) for name, held, said in _ledgers(recorded)),
    ]
    for what, here, there in pairs:
        if here != there:
            yield f"{what}: {here} here, {there} in the run"


def _ended(
    recovered_s: float | None, mitigated_s: float | None, users: Sequence[Seen]
) -> float | None:
    """Not before the last user was hit and all that had failed was mended."""
    if recovered_s is None:
        return None
    return max([recovered_s, *(one.t_s for one in users[-1:]), mitigated_s or 0.0])


def _plus(t_s: float | None, more_s: float | None) -> float | None:
    return None if t_s is None or more_s is None else t_s + more_s


def until(seen: Sequence[Seen], t_s: float) -> float:
    """The sum of what counted up to an instant."""
    return sum(one.amount for one in seen if one.t_s <= t_s)
