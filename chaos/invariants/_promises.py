"""The time by which the next word is promised: of what has ended there is none, nor a past one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from chaos.invariants._finding import bad
from chaos.invariants._operator import is_touched
from chaos.invariants._service_clock import offset_s
from chaos.lending import DATABASE, TERMINAL
from harness.history import History
from harness.model import Objectives, Op, Outcome

GRACE_S = 2.0
"""How long the word that was promised may be overdue; chosen, not measured."""

SOON_S = 0.5  # a promise lies so far ahead, at least; chosen
OWN = ("", DATABASE)
WORK_S = 10.0  # before a promise is due, what it rests on is written down; chosen


def promises_on(reads: Iterable[Op]) -> Iterator[Mapping[str, object]]:
    """What has ended and promises more."""
    for read in reads:
        status, due_s = read.value.get("status"), read.value.get("next_update_by_s")
        if status in TERMINAL and due_s is not None:
            what = f"application {read.k} is {status} and promises another word by {due_s} s"
            yield bad(read.t_invoke_s, what, [read.index], application_id=read.k, status=status)


def overdue(history: History, objectives: Objectives) -> Iterator[Mapping[str, object]]:
    """Promises that had passed when they were read, and nothing had kept the service from work."""
    ahead_s = offset_s(history)
    if ahead_s is None:
        return
    for op in history.ops("application", outcome=Outcome.OK):
        told = op.value.get("next_update_by_s")
        if not isinstance(told, int | float) or told - ahead_s + GRACE_S >= op.t_invoke_s:
            continue
        due_s = told - ahead_s
        if not is_touched(history, objectives, OWN, due_s - WORK_S, op.last_s):
            what = f"application {op.k}, {op.value.get('status')}, promises a word by {due_s:.2f} s"
            what = f"{what}, read at {op.last_s:.2f} s"
            yield bad(op.last_s, what, [op.index], application_id=op.k)


def over_at_once(submits: Iterable[Op], history: History) -> Iterator[Mapping[str, object]]:
    """Acknowledgements, told at once, whose next word is due before anybody can have read them."""
    ahead_s = offset_s(history)
    if ahead_s is None:
        return
    for op in submits:
        told, asked_s = op.value.get("next_update_by_s"), op.t_invoke_s
        if isinstance(told, int | float) and told - ahead_s < asked_s + SOON_S:
            what = f"submit {op.k} of {asked_s:.2f} s promises the next word by "
            yield bad(op.last_s, f"{what}{told - ahead_s:.2f} s", [op.index], key=op.k)
