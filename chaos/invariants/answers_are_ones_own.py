"""U6: whoever reads an application, a loan or a repayment reads their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._views import acknowledged
from harness.history import History
from harness.model import Objectives, Op, Outcome

ID = {"application": "application_id", "read_loan": "loan_id", "repayment": "repayment_id"}


def _examine(history: History, objectives: Objectives) -> Findings:
    reads = list(history.ops(*ID, outcome=Outcome.OK))
    asked = _asked(history)
    return Findings(
        examined=len(reads),
        bad=[_bad(op, *wrong) for op in reads for wrong in _wrong(op, asked.get((op.f, op.k), {}))],
        details={"reads": len(reads), "with_a_request": len(asked)},
    )


def _asked(history: History) -> dict[tuple[str, str], Mapping[str, object]]:
    """What each thing must say, from what was asked for when it was made."""
    asked: dict[tuple[str, str], Mapping[str, object]] = {}
    for k, op in acknowledged(history, "submit", "application_id").items():
        asked["application", k] = _only(op, "borrower", "amount_minor")
    for k, op in acknowledged(history, "repay", "repayment_id").items():
        asked["repayment", k] = _only(op, "loan_id", "amount_minor")
    return asked


def _only(op: Op, *names: str) -> Mapping[str, object]:
    return {name: op.request[name] for name in names if name in op.request}


def _wrong(op: Op, asked: Mapping[str, object]) -> Iterator[tuple[str, object, object]]:
    for name, wanted in {ID[op.f]: op.k, **asked}.items():
        told = op.value.get(name, wanted)  # what is not told is told of nobody else
        if told != wanted:
            yield name, told, wanted


def _bad(op: Op, name: str, told: object, wanted: object) -> Mapping[str, object]:
    t_s = op.last_s
    what = f"{op.f} {op.k} tells {name} {told!r} at {t_s:.2f} s, and it is {wanted!r}"
    return bad(t_s, what, [op.index], key=op.k, field=name)


INVARIANT = Invariant(
    name="answers_are_ones_own",
    ids=("U6",),
    claim="A read answers with the thing that was asked for, and that thing says what was asked "
    "for when it was made.",
    examine=_examine,
)
