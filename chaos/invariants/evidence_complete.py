"""E3: a verdict rests on all the evidence, or on none."""

from __future__ import annotations

from chaos.invariants._finding import Findings, Invariant, missing
from chaos.invariants._ledgers import unread
from harness.history import History
from harness.model import Objectives, Outcome, Phase

DRAIN_S = 6.0
"""How long before the end an operation may stay open: a client's longest time-out is 5 s.

Chosen, not measured; the contract's `drain_s` overrides it.
"""


def _examine(history: History, objectives: Objectives) -> Findings:
    ops = history.all_ops
    drain_s = float(objectives.contract.get("drain_s", DRAIN_S))
    open_ = [op for op in ops if op.t_end_s is None]
    lost = [op.index for op in open_ if op.t_invoke_s < history.t_load_end_s - drain_s]
    invoked = sum(event.type == "invoke" for event in history.of("client"))
    finals = [op for op in history.ops(outcome=Outcome.OK) if op.phase == Phase.SETTLED]
    return Findings(
        examined=len(ops),
        details={"ops": len(ops), "open": len(open_), "final_reads": len(finals)},
        missing=missing(
            "" if history.complete else "the history is cut off or was changed",
            unread(history, objectives.system.ledgers),
            f"{len(lost)} operations never completed, first event {lost[0]}" if lost else "",
            f"{invoked - len(ops)} invokes without an operation" if invoked != len(ops) else "",
            "" if finals else _unread_promises(history, objectives),
        ),
    )


def _unread_promises(history: History, objectives: Objectives) -> str:
    """Where nothing was read at the end: whether the target had promised anything to read."""
    promised = objectives.system.final_reads(history)
    return "nothing was read after the load had stopped" if promised else ""


INVARIANT = Invariant(
    name="evidence_complete",
    ids=("E3",),
    claim="The history is whole: every ledger was read, every operation completed, and what users "
    "were promised was read at the end.",
    examine=_examine,
)
