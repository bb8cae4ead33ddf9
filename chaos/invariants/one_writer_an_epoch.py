"""R6: one instance writes in an epoch, and none in one that is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chaos.invariants._finding import Findings, Invariant, bad
from harness.history import History
from harness.model import Objectives, Op, Outcome

WRITES = ("submit", "repay")


def _examine(history: History, objectives: Objectives) -> Findings:
    taken = [
        op
        for f in WRITES
        for op in history.ops(f, outcome=Outcome.OK)
        if "epoch" in op.value and op.t_end_s is not None
    ]
    taken.sort(key=lambda op: (op.t_end_s or 0.0, op.index))
    found = [*_shared(taken), *_late(taken)]
    details = {"writes": len(taken), "epochs": sorted({op.value["epoch"] for op in taken})}
    return Findings(len(taken), found, details, "" if taken else "no write named its epoch")


def _shared(taken: Sequence[Op]) -> Iterator[Mapping[str, object]]:
    """Writes of an epoch in which another instance had written."""
    first: dict[int, Op] = {}
    for op in taken:
        other = first.setdefault(op.value["epoch"], op)
        if other.value["writer"] != op.value["writer"]:
            yield _bad(op, f"{other.value['writer']} had written under the same one", other)


def _late(taken: Sequence[Op]) -> Iterator[Mapping[str, object]]:
    """Writes that began after one of a later epoch had been taken."""
    newest: Op | None = None
    for op in sorted(taken, key=lambda one: one.t_invoke_s):
        for done in taken:
            if (done.t_end_s or 0.0) >= op.t_invoke_s:
                break
            if newest is None or done.value["epoch"] > newest.value["epoch"]:
                newest = done
        if newest is not None and op.value["epoch"] < newest.value["epoch"]:
            yield _bad(op, f"epoch {newest.value['epoch']} had begun", newest)


def _bad(op: Op, why: str, other: Op) -> Mapping[str, object]:
    what = f"{op.value['writer']} took {op.f} {op.k} under epoch {op.value['epoch']} at "
    what += f"{op.t_end_s or 0.0:.2f} s, although {why}"
    return bad(op.t_end_s or 0.0, what, [other.index, op.index])


INVARIANT = Invariant(
    name="one_writer_an_epoch",
    ids=("R6",),
    claim="Writes of one epoch are taken by one instance, and none is taken under an epoch after a "
    "later one has begun.",
    examine=_examine,
    of=WRITES,
)
