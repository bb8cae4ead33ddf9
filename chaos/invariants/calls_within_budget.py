"""R4: what fails is not called again and again."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._silent import none_faulted
from chaos.invariants._watched_calls import SPARE, Watch, counted, ratio_of, watches
from harness.history import History
from harness.model import Objectives


def _examine(history: History, objectives: Objectives) -> Findings:
    ratio = ratio_of(objectives)
    seen = [(watch, *counted([watch], history)) for watch in watches(history)]
    found = [
        _bad(watch, calls, requests, ratio)
        for watch, calls, requests in seen
        if calls > ratio * requests + SPARE
    ]
    return Findings(
        examined=sum(calls for _, calls, _ in seen),
        bad=found,
        details={f"{w.where} from {w.t_from_s:.1f} s": [n, asked] for w, n, asked in seen},
        missing="" if seen else "no stand-in was faulted, so none counted its calls",
    )


def _bad(watch: Watch, calls: int, requests: int, ratio: float) -> Mapping[str, object]:
    what = (
        f"{watch.where} got {calls} calls for {requests} requests from {watch.t_from_s:.2f} s to "
        f"{watch.t_to_s:.2f} s, allowed {ratio:g} each and {SPARE}"
    )
    return bad(watch.t_to_s, what, [], where=watch.where)


INVARIANT = Invariant(
    name="calls_within_budget",
    ids=("R4",),
    claim="While a third party fails it is called at most so often a request as the retry budget "
    "allows.",
    examine=_examine,
    silent=none_faulted,
)
