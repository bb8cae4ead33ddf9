"""M8: one request is decided once, however often it is sent, read or scored again.

submit key ──> application(s) ──> yes or no, in answers, reads and messages: one of them
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.lending import PAID_OUT
from harness.history import History
from harness.model import Objectives, Outcome

YES = PAID_OUT | {"approved", "reserving", "reserved", "paying", "payment_unknown", "paid"}
NO = frozenset({"declined"})


@dataclass(frozen=True)
class Word:
    """A decision as it was told: `yes` or not, of which application, by which event."""

    t_s: float
    yes: bool
    application: str
    event: int


def _examine(history: History, objectives: Objectives) -> Findings:
    requests = _requests(history)
    told: defaultdict[tuple[str, str], list[Word]] = defaultdict(list)
    for word in _words(history):
        if request := requests.get(word.application):
            told[request].append(word)
    again = {key: sorted(words, key=_t_s) for key, words in told.items() if len(words) > 1}
    found = [flip for (key, _), words in again.items() if (flip := _flip(key, words))]
    return Findings(
        examined=len(again),
        bad=found,
        details={"decided": len(told), "flips": len(found)},
        missing="" if told else "nobody was told a decision",
    )


def _requests(history: History) -> dict[str, tuple[str, str]]:
    """Application -> key and body of the request that it was taken in for: another body under a
    key is another request, which has a decision of its own where it is taken in at all."""
    return {
        str(op.value["application_id"]): (op.k, repr(sorted(op.request.items())))
        for op in history.ops("submit", outcome=Outcome.OK)
        if op.k and op.value.get("application_id")
    }


def _words(history: History) -> Iterator[Word]:
    """Every yes and no that a borrower was told."""
    for op in history.ops("submit", "application", outcome=Outcome.OK):
        status, name = op.value.get("status"), str(op.value.get("application_id") or op.k)
        yield from _word(op.last_s, status, name, op.index)
    for message in history.ledger("message"):
        yield from _word(message.t_s, message.v.get("status"), message.k, message.i)


def _word(t_s: float, status: object, application: str, event: int) -> Iterable[Word]:
    return [Word(t_s, status in YES, application, event)] if status in YES | NO else []


def _t_s(word: Word) -> float:
    return word.t_s


def _flip(key: str, words: list[Word]) -> Mapping[str, object] | None:
    """The first word that says the opposite of the first one."""
    first = words[0]
    other = next((word for word in words if word.yes != first.yes), None)
    if other is None:
        return None
    said, then = ("approved", "declined") if first.yes else ("declined", "approved")
    what = f"submit key {key} was {said} at {first.t_s:.2f} s as {first.application}, "
    what += f"{then} at {other.t_s:.2f} s as {other.application}"
    return bad(other.t_s, what, [first.event, other.event], key=key)


INVARIANT = Invariant(
    name="decision_is_pinned",
    ids=("M8", "M7"),
    claim="Of one request, however often it is sent and whoever scores it again, borrowers are "
    "told a yes or a no, and never both.",
    examine=_examine,
    of=("submit",),
)
