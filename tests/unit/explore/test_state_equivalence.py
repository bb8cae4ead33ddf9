"""When two worlds count as the same, and when they do not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NamedTuple

from harness.explore.state_equivalence import Meaning, digest, signature, states
from harness.history import Event, History

NS = 1_000_000_000
MEANING = Meaning(final=("active",), reads=("read",), entry="borrower->a")


class At(NamedTuple):
    """A call."""

    edge: str
    n: int


def trace(*calls: tuple[str, int, str], faults: dict[At, str] | None = None, **more: Any) -> Any:
    """A trace of calls (edge, mark, operation) over the events of `more["events"]`."""
    counts: dict[str, int] = {}
    points: dict[At, str] = {}
    for edge, _, operation in calls:
        counts[edge] = counts.get(edge, 0) + 1
        points[At(edge, counts[edge])] = operation
    fired = [SimpleNamespace(point=point, mode=mode) for point, mode in (faults or {}).items()]
    marks = tuple(mark for _, mark, _ in calls)
    history = History(more.get("events", ()))
    landed = more.get("landed", {})
    return SimpleNamespace(points=points, fired=fired, marks=marks, history=history, landed=landed)


def client(i: int, type_: str, f: str = "read", t_s: float = 0.0, **v: Any) -> Event:
    """A client event."""
    return Event(i=i, t=int(t_s * NS), p="consumer/0", type=type_, f=f, k="x", v=v, src="client")


def paid(i: int, loan: str, t_s: float) -> Event:
    """A ledger entry."""
    v = {"request_id": f"pay-{loan}", "amount_minor": 5, "t_s": t_s}
    return Event(i=i, t=int(t_s * NS), p="bank", type="ok", f="payout", k=loan, v=v, src="ledger")


def last(one: Any) -> Any:
    """The state before the last call."""
    return states(one, one.history, MEANING)[-1]


def test_a_call_that_was_retried_well_leads_to_the_same_state() -> None:
    """What never arrived and was then done is done."""
    calm = trace(("a->b", 0, "POST /x"), ("a->c", 0, "POST /y"))
    retried = trace(
        ("a->b", 0, "POST /x"),
        ("a->b", 0, "POST /x"),
        ("a->c", 0, "POST /y"),
        faults={At("a->b", 1): "refused"},
    )
    assert last(calm) == last(retried)


def test_failures_in_a_row_are_another_state_until_a_crash_forgets_them() -> None:
    """A breaker counts them; a process that died does not."""
    calls = (("a->b", 0, "GET /x"), ("a->d", 0, "write"), ("a->c", 0, "POST /y"))
    calm, failed = trace(*calls), trace(*calls, faults={At("a->b", 1): "refused"})
    both = {At("a->b", 1): "refused", At("a->d", 1): "crash_after_write"}
    died = trace(*calls, faults=both)
    alone = trace(*calls, faults={At("a->d", 1): "crash_after_write"})
    assert last(calm) != last(failed)
    assert last(died) == last(alone)


def test_what_reached_a_third_party_is_part_of_the_state() -> None:
    """A lost reply and a lost request look the same to the caller who tries again, and are not."""
    lost = [{At("a->b", 1): mode} for mode in ("reply_lost", "request_lost")]
    again = (("a->b", 0, "POST /x"), ("a->b", 0, "POST /x"))
    reply, request = (trace(*again, faults=one) for one in lost)
    assert last(reply) != last(request)
    done = (("a->b", 0, "POST /x"), ("a->c", 0, "POST /y"))
    reply, request = (trace(*done, faults=one) for one in lost)
    assert last(reply) == last(request), "if it is not made again, the ledgers say what it did"


def test_the_order_of_what_goes_on_side_by_side_is_no_state() -> None:
    """What two third parties are asked next is the same, whichever is asked first."""
    first = ("a->d", 0, "POST /z")
    one = trace(first, ("a->b", 0, "POST /x"), ("a->c", 0, "POST /y"))
    other = trace(first, ("a->c", 0, "POST /y"), ("a->b", 0, "POST /x"))
    before = [states(each, each.history, MEANING)[0] for each in (one, other)]
    assert before[0] == before[1]
    next_ = [states(each, each.history, MEANING)[1] for each in (one, other)]
    assert next_[0].now != next_[1].now, "here it can go wrong"


def test_a_store_is_no_third_party_whose_failures_are_counted() -> None:
    """A command that is tried again is another call; once it is done it says nothing."""
    calls = (("a->d", 0, "write"), ("a->d", 0, "write"), ("a->c", 0, "POST /y"))
    failed, calm = trace(*calls, faults={At("a->d", 1): "refused"}), trace(*calls)
    assert states(failed, failed.history, MEANING)[1] != states(calm, calm.history, MEANING)[1]
    other = (("a->d", 0, "write"), ("a->c", 0, "POST /y"))
    failed, calm = trace(*other, faults={At("a->d", 1): "refused"}), trace(*other)
    assert last(failed) == last(calm)


def test_another_future_is_another_state() -> None:
    """Worlds that go on in different ways were not the same."""
    one = trace(("a->b", 0, "POST /x"), ("a->c", 0, "POST /y"))
    other = trace(("a->b", 0, "POST /x"), ("a->c", 0, "POST /z"))
    assert states(one, one.history, MEANING)[0] != states(other, other.history, MEANING)[0]


def test_a_promise_made_is_part_of_the_state() -> None:
    """Whoever was told "active" must not read anything else later; "scoring" promises nothing."""

    def told(status: str) -> Any:
        events = [client(0, "invoke"), client(1, "ok", status=status)]
        return trace(("a->b", 0, "GET /x"), ("a->c", 2, "POST /y"), events=events)

    assert last(told("scoring")) == last(told("queued"))
    assert last(told("scoring")) != last(told("active"))


def test_a_write_that_was_acknowledged_is_a_promise() -> None:
    """Whoever was told that it is done must find it done; a look at something promises nothing."""

    def answered(f: str, type_: str) -> Any:
        events = [client(0, "invoke", f), client(1, type_, f)]
        return trace(("a->b", 0, "GET /x"), ("a->c", 2, "POST /y"), events=events)

    nothing = trace(("a->b", 0, "GET /x"), ("a->c", 2, "POST /y"))
    assert last(answered("read", "ok")) == last(nothing)
    assert last(answered("pay", "ok")) != last(nothing)


def test_how_often_somebody_tried_counts_until_he_has_his_answer() -> None:
    """He gives up after a few tries; once he is answered nobody knows how many there were."""

    def tried(times: int, end: str, f: str = "pay") -> Any:
        events = [client(0, "invoke", f)]
        for number in range(1, times):
            events += [client(2 * number - 1, "info", f), client(2 * number, "invoke", f)]
        events.append(client(2 * times - 1, end, f))
        return trace(("a->c", 2 * times, "POST /y"), events=events)

    assert last(tried(1, "ok")) == last(tried(2, "ok"))
    assert last(tried(1, "info")) != last(tried(2, "info"))
    assert last(tried(1, "info", "read")) == last(tried(2, "info", "read")), "only a look"


def test_what_a_borrower_had_to_repeat_is_no_breaker_s_business() -> None:
    """Failures in a row are counted where a service calls, not on the borrowers' line."""
    calls = (("borrower->a", 0, "GET /x"), ("a->c", 0, "POST /y"))
    calm, failed = trace(*calls), trace(*calls, faults={At("borrower->a", 1): "request_lost"})
    assert last(calm) == last(failed)


def test_a_late_call_is_on_its_way_until_it_lands() -> None:
    """Then it is as good as one that was in time; before that something is still to come."""
    calls = (("a->b", 0, "POST /x"), ("a->b", 0, "POST /x"), ("a->b", 0, "POST /x"))
    late = {At("a->b", 1): "late"}
    calm = trace(*calls)
    assert last(trace(*calls, faults=late)) != last(calm)
    assert last(trace(*calls, faults=late, landed={At("a->b", 1): 2})) == last(calm)


def test_ledgers_are_compared_one_by_one() -> None:
    """Which of two third parties wrote first is a matter of chance."""

    def wrote(*banks: str) -> Any:
        v = {"request_id": "pay-1", "amount_minor": 5}
        events = [
            Event(i=i, t=i, p=bank, type="ok", f="payout", k="loan-1", v=v, src="ledger")
            for i, bank in enumerate(banks)
        ]
        return trace(("a->c", 0, "POST /y"), events=events)

    assert last(wrote("bank", "fund")) == last(wrote("fund", "bank"))
    assert last(wrote("bank", "bank")) != last(wrote("bank"))


def test_an_answer_that_is_still_to_come_is_another_state() -> None:
    """A call made for a waiting borrower is not the same call made when he has his answer."""
    events = [client(0, "invoke"), client(1, "ok", status="active")]
    waiting = trace(("a->b", 1, "write"), events=events)
    answered = trace(("a->b", 2, "write"), events=events)
    assert last(waiting) != last(answered)


def test_ids_and_moments_do_not_make_a_behaviour() -> None:
    """Two runs that differ by names and times alone behaved alike; two payouts do not."""
    one = trace(events=[paid(0, "loan-1", 0.5)])
    other = trace(events=[paid(0, "loan-2", 1.5)])
    twice = trace(events=[paid(0, "loan-1", 0.5), paid(1, "loan-1", 0.6)])
    signatures = [signature(each, each.history) for each in (one, other, twice)]
    assert signatures[0] == signatures[1] != signatures[2]


def test_fingerprints_do_not_depend_on_the_process() -> None:
    """Python's own hash of a string differs from process to process."""
    assert digest("a", 1, None) == "3c9f622ea34ee44cf2"
