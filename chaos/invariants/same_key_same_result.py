"""M8: asking again with the same key changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from harness.history import History
from harness.model import Objectives, Op, Outcome

ID = {"submit": "application_id", "repay": "repayment_id"}


def _examine(history: History, objectives: Objectives) -> Findings:
    attempts: defaultdict[tuple[str, str], list[Op]] = defaultdict(list)
    for op in history.ops(*ID):
        if op.k:
            attempts[op.f, op.k].append(op)
    tried = {key: ops for key, ops in attempts.items() if _tells_something(ops)}
    return Findings(
        examined=len(tried),
        bad=[
            *(one for (f, k), ops in tried.items() if (one := _wrong(f, k, ops))),
            *_shared(attempts),
        ],
        details={
            "keys": len(attempts),
            "asked_again": sum(1 for ops in attempts.values() if len(ops) > 1),
            "other_bodies": sum(1 for ops in attempts.values() if _differ(ops)),
        },
    )


def _tells_something(ops: list[Op]) -> bool:
    """Whether the key has two results to compare: oks, or an ok and another body's refusal."""
    oks = [op for op in ops if op.outcome is Outcome.OK]
    if len(oks) != 1:
        return bool(oks)
    return any(_body(op) != _body(oks[0]) for op in ops if _refused(op))


def _differ(ops: list[Op]) -> bool:
    return len(ops) > 1 and len(set(map(_body, ops))) > 1


def _wrong(f: str, k: str, ops: list[Op]) -> Mapping[str, object] | None:
    first, *later = [op for op in ops if op.outcome is Outcome.OK]
    for op in later:
        ids = [str(one.value.get(ID[f])) for one in (first, op)]
        statuses = [one.value.get("http_status") for one in (first, op)]
        if _body(op) != _body(first):
            wrong = "accepted with another body"
        elif ids[0] != ids[1]:
            wrong = "answered with another id"
        elif statuses[0] != statuses[1]:
            wrong = f"answered with HTTP {statuses[1]} instead of {statuses[0]}"
        else:
            continue
        what = f"{f} key {k} was {wrong}: {ids[0]} at {first.last_s:.2f} s, {ids[1]}"
        events = [first.index, op.index]
        return bad(op.last_s, f"{what} at {op.last_s:.2f} s", events, key=k, ids=ids)
    return None


def _shared(attempts: Mapping[tuple[str, str], list[Op]]) -> Iterator[Mapping[str, object]]:
    """One id under two keys: two requests, and one of them was dropped."""
    owners: dict[tuple[str, str], tuple[str, Op]] = {}
    for (f, k), ops in attempts.items():
        for op in ops:
            id_ = str(op.value.get(ID[f]) or "")
            if op.outcome is not Outcome.OK or not id_:
                continue
            other, first = owners.setdefault((f, id_), (k, op))
            if other != k:
                what = f"{f} keys {other} and {k} were both answered with {id_}"
                yield bad(op.last_s, what, [first.index, op.index], key=k, ids=[id_])
                break


def _refused(op: Op) -> bool:
    return op.outcome is Outcome.FAIL and 400 <= (op.value.get("http_status") or 0) < 500


def _body(op: Op) -> str:
    return repr(sorted(op.request.items()))


INVARIANT = Invariant(
    name="same_key_same_result",
    ids=("M8",),
    claim="Submits and repays with one key and one body get one id and one status, no other body "
    "is accepted under that key, and two keys never get the same id.",
    examine=_examine,
    of=("submit", "repay"),
)
