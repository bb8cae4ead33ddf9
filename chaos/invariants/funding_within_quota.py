"""M5: funders are never drawn beyond their quota, and hold money only for loans that exist."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chaos.invariants._finding import Findings, Invariant, bad, missing, money
from chaos.invariants._quota_use import Book
from chaos.invariants._views import acknowledged, amount, final_reads, never_read
from chaos.lending import FUNDER, PAID_OUT, REFUSED
from harness.history import Event, History
from harness.model import Objectives, Op


@dataclass
class _Book(Book):
    """A funder's book, with the most that it held and the first entry beyond its quota."""

    peak_minor: int = 0
    over: Event | None = None

    def take(self, entry: Event) -> None:
        """Apply one entry."""
        super().take(entry)
        self.peak_minor = max(self.peak_minor, self.used_minor)
        quota_minor = self.quota_at(entry)
        if quota_minor is not None and self.used_minor > quota_minor:
            self.over = self.over or entry


def _examine(history: History, objectives: Objectives) -> Findings:
    quotas = objectives.contract.get("funding_quota_minor", {})
    books = {name: _Book(quotas.get(name)) for name in objectives.system.playing(FUNDER)}
    entries = [e for e in history.of("ledger") if e.p in books]
    asked = {entry.k for entry in entries}
    for entry in entries:
        books[entry.p].take(entry)
    finals = final_reads(history, "application")
    held: defaultdict[str, list[Event]] = defaultdict(list)
    for book in books.values():
        for entry in book.held.values():
            held[entry.k].append(entry)
    active = {k for k, op in finals.items() if op.value.get("status") in PAID_OUT}
    found = [_over(name, book, book.over) for name, book in books.items() if book.over]
    for k in sorted(asked | active):
        found += _held(k, held[k], finals.get(k))
    undeclared = [name for name, one in books.items() if one.peak_minor and one.quota_minor is None]
    promised = acknowledged(history, "submit", "application_id")
    peaks = {name: book.peak_minor for name, book in books.items()}
    return Findings(
        examined=len(asked | active),
        bad=found,
        details={"peak_minor": peaks, "never_read": len(asked - finals.keys())},
        missing=missing(
            f"no quota declared for {', '.join(undeclared)}" if undeclared else "",
            never_read(promised, finals, "applications"),
        ),
    )


def _over(name: str, book: _Book, entry: Event) -> Mapping[str, object]:
    what = (
        f"{name} went beyond its quota of {money(book.quota_at(entry))} with application {entry.k}"
    )
    return bad(entry.t_s, f"{what} at {entry.t_s:.2f} s", [entry.i], funder=name)


def _held(k: str, held: list[Event], read: Op | None) -> Iterator[Mapping[str, object]]:
    status = read.value.get("status") if read else None
    at = ", ".join(f"{money(amount(e))} {e.v.get('status')} at {e.p}" for e in held)
    wrong = ""
    if len(held) > 1:
        wrong = f"holds {len(held)} reservations at the end: {at}"
    elif held and status in REFUSED:
        wrong = f"is {status}, but still holds {at}: leaked"
    elif status in PAID_OUT and [e.v.get("status") for e in held] != ["COMMITTED"]:
        wrong = f"is {status}, but has no committed funding: {at or 'nothing is held for it'}"
    elif status in PAID_OUT and read and amount(held[0]) != read.value.get("amount_minor"):
        wrong = f"is {status} with {money(read.value.get('amount_minor'))}, but has {at}"
    if wrong:
        t_s = held[-1].t_s if held else (read.t_invoke_s if read else 0.0)
        events = [*(e.i for e in held), *([read.index] if read else [])]
        # A release may be on its way: whoever waits long enough sees it.
        yield bad(
            t_s, f"application {k} {wrong}", events, application_id=k, status=status, at_end=True
        )


INVARIANT = Invariant(
    name="funding_within_quota",
    ids=("M5",),
    claim="No funder holds more than its quota, no application holds two reservations or one after "
    "it was refused, and each active loan has exactly one committed.",
    examine=_examine,
    roles=(FUNDER,),
    ledgers=(FUNDER,),
    of=("submit",),
)
