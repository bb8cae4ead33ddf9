"""Compares our records with the files of those who move money: breaks found, aged, explained.

file of a period ──not to be had in time────> `late`
                 ──not whole────────────────> `not_whole`: nothing of it is believed
                 ──whole──> line by line ───> `missing_with_us`, `missing_with_them`,
                                              `amount_differs`, `doubled`
a break stays open, from when it was found first, until a file that is whole no longer shows it

No file ever changes our records: people do, once they know who is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from lending_service.domain import Record

Seconds = Annotated[float, Meta(gt=0, le=86_400)]
BreakKind = Literal[
    "late", "not_whole", "missing_with_us", "missing_with_them", "amount_differs", "doubled"
]
UNREAD = ("late", "not_whole")  # by these nothing is known of the lines


class ReconcileRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file is about `period_s` and looked at every `gap_s` until it agrees with our records. One
    that is not to be had `late_after_s` after its period is a break, and so is a line of which we
    do not know by then what became of it."""

    period_s: Seconds
    gap_s: Seconds
    late_after_s: Seconds


class Line(msgspec.Struct, frozen=True):
    """One movement of money, as the other side tells it."""

    request_id: str
    amount_minor: int


class File(msgspec.Struct, frozen=True):
    """What the other side says has moved in a period, with its control totals."""

    period: int
    count: int
    total_minor: int
    lines: tuple[Line, ...]

    def is_whole(self, period: int) -> bool:
        """Whether it is of this period and the lines come to what the totals say."""
        come_to = sum(line.amount_minor for line in self.lines)
        told = (self.period, self.count, self.total_minor)
        return told == (period, len(self.lines), come_to)


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """One disagreement. `request_id` is "" where it is the file's; amounts are minor units, None
    where that side has nothing; `since_s`: when it was found first, run clock."""

    kind: BreakKind
    request_id: str = ""
    ours_minor: int | None = None
    theirs_minor: int | None = None
    since_s: float = 0.0


class OpenPeriod(msgspec.Struct, frozen=True):
    """A period of which not all agrees yet; without breaks it is only not known yet."""

    number: int
    breaks: tuple[Break, ...] = ()


class Reconciled(Record, frozen=True, kw_only=True):
    """How far the files of one sender, `id`, are compared: all before `next` agree, but for the
    open ones."""

    next: int
    open: tuple[OpenPeriod, ...] = ()


def read(body: Mapping[str, Any], period: int) -> File | None:
    """The file of a period as it was told; None for one that is not whole."""
    try:
        file = msgspec.convert(body, File)
    except msgspec.ValidationError:
        return None
    return file if file.is_whole(period) else None


def compared(
    ours: Mapping[str, int], file: File | None, under_way: Collection[str] = ()
) -> list[Break]:
    """What our records of a period and the other side's file disagree about.

    Args:
        ours: request id -> minor units of what moved by our records.
        file: None for one that was there and was not whole.
        under_way: request ids of which we do not know yet what became of them.
    """
    if file is None:
        return [Break(kind="not_whole")]
    times = Counter(line.request_id for line in file.lines)
    theirs = {line.request_id: line.amount_minor for line in file.lines}
    found = [
        Break(kind=_kind(ours.get(id_), amount_minor), request_id=id_,
              ours_minor=ours.get(id_), theirs_minor=amount_minor)
        for id_, amount_minor in theirs.items()
        if id_ not in under_way and (ours.get(id_) != amount_minor or times[id_] > 1)
    ]  # fmt: skip
    found += [
        Break(kind="missing_with_them", request_id=id_, ours_minor=amount_minor)
        for id_, amount_minor in ours.items()
        if id_ not in theirs
    ]
    return found


def _kind(ours_minor: int | None, theirs_minor: int) -> BreakKind:
    if ours_minor is None:
        return "missing_with_us"
    return "amount_differs" if ours_minor != theirs_minor else "doubled"


def aged(before: Iterable[Break], found: Iterable[Break], now_s: float) -> tuple[Break, ...]:
    """What is open now: what was seen before keeps its age, what is not seen any more is closed.
    What says nothing of the lines closes nothing of them."""
    before, found = tuple(before), tuple(found)
    since_s = {(one.kind, one.request_id): one.since_s for one in before}
    told = [
        msgspec.structs.replace(one, since_s=since_s.get((one.kind, one.request_id), now_s))
        for one in found
    ]
    if all(one.kind in UNREAD for one in found) and found:
        told += [one for one in before if one.kind not in UNREAD]
    return tuple(told)
