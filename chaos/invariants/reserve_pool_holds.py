"""M5: while no funder can be reached the lender's own reserve pays, within its bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chaos.invariants._finding import Findings, Invariant, bad, money
from chaos.invariants._operator import touched
from chaos.invariants._reserve import LINGERS_S, Reserve, application_of, asked, replayed
from chaos.invariants._silent import unless_all_are_cut
from chaos.invariants._views import amount, result
from chaos.lending import FUNDER, GATEWAY, REFUSED
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome

# The figures of this block are chosen, not measured.
REPLENISHED_S = 15.0  # after the last trouble at a funder
IN_FLIGHT_S = 4.0  # drawn, and not yet paid out

NO_FUNDER = "funding_down"


def _examine(history: History, objectives: Objectives) -> Findings:
    rule: Mapping[str, float] = objectives.contract.get("pool", {})
    if not rule:
        return Findings(0, missing="the target declares no reserve pool")
    reserve = replayed(history, objectives)
    tries = list(asked(history, objectives, rule))
    found = [
        *_wrong_draws(reserve, rule, history, objectives),
        *(one for one_of in tries for one in _unpaid(one_of, reserve, rule, history)),
        *_never_replenished(reserve, history, objectives),
    ]
    most = reserve.peak_minor(0.0, float("inf"))
    return Findings(
        examined=len(tries) + len(reserve.draws),
        bad=found,
        details={"draws": len(reserve.draws), "peak_minor": most, "size_minor": rule["size_minor"]},
    )


def _wrong_draws(
    reserve: Reserve, rule: Mapping[str, float], history: History, objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    """Beyond the cap of one draw, below zero, and while a funder was there."""
    for entry in reserve.draws:
        drawn = f"{money(amount(entry))} were drawn for {entry.k} at {entry.t_s:.2f} s"
        level_minor = reserve.peak_minor(entry.t_s, entry.t_s)
        away = touched(history, objectives, FUNDER, entry.t_s - LINGERS_S, entry.t_s)
        if amount(entry) > rule["draw_minor_max"]:
            yield _bad(entry, f"{drawn}, and {money(int(rule['draw_minor_max']))} is the most")
        if level_minor > rule["size_minor"]:
            below = money(level_minor - int(rule["size_minor"]))
            yield _bad(entry, f"{drawn}, and the reserve is {below} below zero")
        if there := sorted({*objectives.system.playing(FUNDER)} - away):
            yield _bad(entry, f"{drawn}, and {', '.join(there)} was there")


def _unpaid(
    tries: Sequence[Op], reserve: Reserve, rule: Mapping[str, float], history: History
) -> Iterator[Mapping[str, object]]:
    """Not paid for although there was enough; or not told that there was not."""
    first, within_s = tries[0], rule["drawn_within_s"]
    until_s, wanted = first.t_invoke_s + within_s, int(first.request["amount_minor"])
    app = next((str(op.value["application_id"]) for op in tries if op.outcome is Outcome.OK), "")
    reads = [op for op in history.ops("application", outcome=Outcome.OK) if op.k == app]
    paid = any(application_of(one) == app and one.t_s <= until_s for one in reserve.draws)
    if paid or any(op.value.get("status") in REFUSED for op in reads):
        return
    left = int(rule["size_minor"]) - reserve.peak_minor(first.t_invoke_s, until_s + IN_FLIGHT_S)
    who = f"{first.user} asked for {money(wanted)} at {first.t_invoke_s:.2f} s, when no funder "
    if left >= rule["draw_minor_max"]:  # less may be on its way to others
        what = f"{who}could be reached; {within_s:g} s later nobody had paid"
        what += f" ({result(tries[-1])}), and the reserve held {money(left)}"
        yield bad(until_s, what, [op.index for op in tries], application_id=app)
    for read in reads:
        if until_s < read.t_invoke_s and read.value.get("reason_code") == NO_FUNDER:
            what = f"{who}could be reached, and is not told that the reserve is used up"
            yield bad(read.last_s, what, [first.index, read.index], application_id=app)
            return


def _never_replenished(
    reserve: Reserve, history: History, objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    healed_s = max((w.t_heal_s for w in history.windows), default=0.0)
    end_s = max((op.last_s for op in history.all_ops), default=0.0)
    if reserve.own and end_s > healed_s + REPLENISHED_S:
        entry = next(iter(reserve.own.values()))
        left = money(sum(map(amount, reserve.own.values())))
        what = f"{left} are still drawn {end_s - healed_s:.0f} s after funders came back, first "
        yield bad(entry.t_s, f"{what}{entry.k}", [entry.i], at_end=True)


def _bad(entry: Event, what: str) -> Mapping[str, object]:
    return bad(entry.t_s, what, [entry.i], loan_id=entry.k)


INVARIANT = Invariant(
    name="reserve_pool_holds",
    ids=("M5",),
    claim="While no funder can be reached loans up to the cap are paid from the reserve within 6 s "
    "or are told that it is used up; it is never below zero nor drawn on while a funder is there, "
    "and funders take over what was drawn.",
    examine=_examine,
    roles=(GATEWAY, FUNDER),
    ledgers=(GATEWAY, FUNDER),
    of=("submit",),
    silent=unless_all_are_cut(FUNDER),
)
