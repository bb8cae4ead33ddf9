"""U4: the limit that is shown is the one that the risk engine gave to that borrower."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad, money
from chaos.invariants._service_clock import CLOCKS_S, offset_s
from chaos.invariants._views import amount, entries
from chaos.lending import RISK_ENGINE
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome


def _examine(history: History, objectives: Objectives) -> Findings:
    given = entries(history, "limit", objectives.system.playing(RISK_ENGINE))
    ahead_s = offset_s(history)
    reads = list(history.ops("read_limit", outcome=Outcome.OK))
    before: dict[str, Op] = {}
    found = []
    for op in sorted(reads, key=lambda op: op.t_invoke_s):
        wrongs = [*_value(op, given[op.k], objectives), *_age(op, before.get(op.k), ahead_s)]
        found += [_bad(op, wrong, given[op.k]) for wrong in wrongs]
        if op.value.get("source") == "live":
            before[op.k] = op
    untold = not given and any(op.value.get("source") == "live" for op in reads)
    return Findings(
        examined=len(reads),
        bad=[] if untold else found,
        details={"limits": len(reads), "borrowers": len({op.k for op in reads})},
        missing="the risk engine's ledger tells no limit" if untold else "",
    )


def _value(op: Op, given: list[Event], objectives: Objectives) -> Iterator[str]:
    shown, source = op.value.get("available_minor"), op.value.get("source")
    told = {amount(event) for event in given if event.t_s <= (op.t_end_s or 0.0)}
    book = objectives.contract.get("book", {})
    in_book = op.k.startswith(str(book.get("prefix", "\0")))
    if source == "live" and shown not in told:
        yield f"shows {money(shown)} as live, and the risk engine gave {_amounts(told)}"
    if source == "stale" and shown not in told | ({book.get("limit_minor")} if in_book else set()):
        yield f"shows {money(shown)} as stale, which was never this borrower's limit"
    if source == "stand_in":
        floor = objectives.contract.get("stand_in_limit_minor", shown)
        if shown != floor:
            yield f"shows {money(shown)} from the stand-in, declared {money(floor)}"
        elif in_book:
            yield f"shows {money(shown)} from the stand-in, although an older one is known"
    if op.value.get("currency", "CNY") != objectives.contract.get("currency", "CNY"):
        yield f"shows {op.value.get('currency')}"


def _age(op: Op, before: Op | None, ahead_s: float | None) -> Iterator[str]:
    """Whether the time that is told can be true."""
    told = op.value.get("as_of_s")
    if ahead_s is None or not isinstance(told, int | float):
        return
    t_s, end_s = told - ahead_s, op.last_s
    if t_s > end_s + CLOCKS_S:
        yield f"is called true as of {t_s:.2f} s, which has not come yet"
    if op.value.get("source") == "live" and t_s < op.t_invoke_s - CLOCKS_S:
        yield f"is called live as of {t_s:.2f} s, before it was asked for"
    ended_s = before.t_end_s if before else None
    if before and ended_s is not None and ended_s < op.t_invoke_s:
        since_s = before.value.get("as_of_s")
        if isinstance(since_s, int | float) and told < since_s - CLOCKS_S:
            yield f"is as of {t_s:.2f} s, and one as of {since_s - ahead_s:.2f} s was shown before"


def _amounts(told: set[int]) -> str:
    return " and ".join(money(one) for one in sorted(told)) or "none"


def _bad(op: Op, wrong: str, given: list[Event]) -> Mapping[str, object]:
    t_s = op.last_s
    events = [op.index, *(event.i for event in given)]
    return bad(t_s, f"the limit of {op.k} {wrong} ({t_s:.2f} s)", events, borrower=op.k)


INVARIANT = Invariant(
    name="limit_is_ones_own",
    ids=("U4",),
    claim="Every limit shown is one that the risk engine gave to that borrower, or what is "
    "declared for those of whom nothing is known, and is as old as it says.",
    examine=_examine,
    roles=(RISK_ENGINE,),
    ledgers=(RISK_ENGINE,),
    of=("read_limit",),
)
