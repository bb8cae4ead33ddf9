"""One rule of proof: what the fault asks for, and somebody who used the place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import cast

import pytest

from chaos.faults.down import Down
from chaos.faults.latency import Latency
from chaos.faults.reset_peer import ResetPeer
from chaos.faults.slow_close import SlowClose
from harness.clock import RunClock
from harness.looks import Looks, Stop
from harness.ports import Control, Fault, Observation, Seen

DOWN = Down(link="a->b")
RESET = ResetPeer(link="a->b")


@dataclass
class Link:
    """Observations in turn."""

    seen: list[Observation]

    async def observe(self, where: str) -> Observation:
        """The next one."""
        return self.seen.pop(0)


def look(canary: str, **counts: int) -> Observation:
    """One observation."""
    return Observation(0.0, canary, 0.0, {k.replace("_at_", "@"): n for k, n in counts.items()})


def looked(*seen: Observation, fault: Fault = DOWN) -> Looks:
    """Before, active as often as there is something to see, after."""

    async def story() -> Looks:
        control = cast(Control, Link(list(seen)))
        looks = Looks(fault, control, RunClock(0), lambda when, seen: None, lambda where: {})
        looks.ids.append("f1")
        for when in ("before", *["active"] * (len(seen) - 2)):
            await looks.begin(when)
        await looks.once_more(Stop())
        return looks

    return asyncio.run(story())


@pytest.mark.parametrize(
    ("counts", "proven"),
    [
        ({}, False),
        ({"attempted": 0}, False),
        ({"attempted": 3}, True),
        ({"connections": 1}, True),
    ],
)
def test_what_nobody_used_is_not_proven_whatever_the_mechanism_says(
    counts: dict[str, int], proven: bool
) -> None:
    """The canary is refused every time."""
    zero = dict.fromkeys(counts, 0)
    looks = looked(look("ok", **zero), look("refused", **zero), look("ok", **counts))
    proof = looks.proof()
    assert proof is not None
    assert proof.proven is proven


@pytest.mark.parametrize(("reached", "proven"), [(9, True), (0, False)])
def test_who_is_called_alone_cannot_count_what_never_arrives(reached: int, proven: bool) -> None:
    """It was called before: then users of the system used the place. An idle one stays unproven."""
    usual, lost = look("ok", reached=reached, asked=20), look("refused", reached=reached, asked=30)
    proof = looked(usual, lost, look("ok", reached=reached, asked=40)).proof()
    assert proof is not None
    assert proof.proven is proven


@pytest.mark.parametrize(("failed", "proven"), [(18, True), (0, False)])
def test_calls_that_failed_before_the_first_look_are_of_the_fault(
    failed: int, proven: bool
) -> None:
    """A breaker opens within the second, and on a busy machine a look takes longer."""
    after = look("refused", attempted=18, failed=failed)
    proof = looked(look("ok", attempted=0, failed=0), after, after).proof()
    assert proof is not None
    assert proof.proven is proven


def test_a_counter_that_begins_anew_is_no_negative_traffic() -> None:
    """A service that was killed counts from 0 again; one that cannot be read counts nothing."""
    seen = Seen(look("ok", n=7), look("no_reply"), look("no_reply", n=9), look("ok", n=2))
    assert seen.during("n") == 4


def test_hits_count_for_the_injection_that_brought_the_rule() -> None:
    """Two rules of a kind at one stand-in."""
    looks = looked(look("ok", hits=0), look("ok", hits=0, hits_at_f1=2, hits_at_f2=9), look("ok"))
    assert looks.active[0].counts["hits"] == 2


def test_a_place_is_compared_with_what_it_was_while_healthy() -> None:
    """Another fault was there at the look before, and ended when this one began."""
    looks = looked(look("refused", n=1), look("refused", n=1), look("ok", n=2))
    looks.healthy = look("ok")
    proof = looks.proof()
    assert proof is not None
    assert proof.numbers["canary"] == {"before": "ok", "during": "refused", "after": "ok"}


SLOW = {"name": "slow_close_downstream@f1", "type": "slow_close", "attributes": {"delay": 900}}
LATE = {"name": "latency_downstream@f2", "type": "latency",
        "attributes": {"latency": 300}}  # fmt: skip
GONE = {"name": "timeout_downstream@f2", "type": "timeout", "attributes": {"timeout": 0}}


def at_link(canary: str, latency_s: float, failed: int, *toxics: object) -> Observation:
    """One observation of a link with toxics."""
    counts = {"attempted": 10 + failed, "failed": failed}
    return Observation(0.0, canary, latency_s, counts, {"enabled": True, "toxics": [*toxics]})


@pytest.mark.parametrize(
    ("seen", "proven"),
    [
        pytest.param([("no_reply", 2.0, 9, SLOW, GONE)], False, id="beside what swallows all"),
        pytest.param([("ok", 0.3, 0, SLOW, LATE)], False, id="as late as the other makes it"),
        pytest.param([("ok", 0.7, 0, SLOW, LATE)], True, id="later than the other makes it"),
        pytest.param([("ok", 0.0, 0, SLOW), ("no_reply", 2.0, 9, SLOW, GONE)], False,
                     id="nothing while it was alone"),
        pytest.param([("ok", 0.5, 0, SLOW), ("no_reply", 2.0, 9, SLOW, GONE)], True,
                     id="late while it was alone"),
        pytest.param([("ok", 0.0, 9, SLOW)], True, id="alone, and calls failed"),
    ],
)  # fmt: skip
def test_what_another_fault_does_at_the_place_proves_nothing_of_this_one(
    seen: list[tuple[str, float, int, object]], proven: bool
) -> None:
    """Faults at one place compose; each has to show what it does itself."""
    story = [at_link("ok", 0.0, 0), *(at_link(*one) for one in seen), at_link("ok", 0.0, 9)]
    fault = SlowClose.model_validate({"link": "a->b", "delay": "900ms"})
    proof = looked(*story, fault=fault).proof()
    assert proof is not None
    assert proof.proven is proven


def test_failures_beside_another_fault_are_nobodys() -> None:
    """Nobody knows which of the two lost them; a canary that gets no reply would tell."""
    lost = {"name": "reset_peer_downstream@f1", "type": "reset_peer", "attributes": {}}
    story = [
        at_link("ok", 0.0, 0),
        at_link("ok", 0.3, 9, lost, LATE),
        at_link("ok", 0.0, 9),
    ]
    proof = looked(*story, fault=ResetPeer(link="a->b")).proof()
    assert proof is not None
    assert not proof.proven


@pytest.mark.parametrize(
    ("canary", "others", "proven"),
    [("ok", "", True), ("ok", "reply_lost b", False), ("no_reply", "reply_lost b", True)],
)
def test_calls_that_another_fault_may_have_lost_prove_nothing(
    canary: str, others: str, proven: bool
) -> None:
    """A canary that gets no reply does, and who made them fail is named where nothing does."""
    usual, lost = look("ok", attempted=0, failed=0), look(canary, attempted=9, failed=9)
    looks = looked(usual, lost, look("ok", attempted=9, failed=9), fault=RESET)
    looks.others = lambda from_s, until_s: frozenset({others} - {""})
    proof = looks.proof()
    assert proof is not None
    assert proof.proven is proven
    assert (others in str(proof.numbers)) is (others == "" or not proven)


def beside(canary: str, latency_s: float, *names: str, **counts: int) -> Observation:
    """What was seen while something was wrong with the program at the other end."""
    state = {"toxics": [{"name": "reset_peer@f1", "type": "reset_peer"}], "enabled": True}
    return Observation(0.0, canary, latency_s, counts, {**state, "beside": [*names]})


@pytest.mark.parametrize(("canaries", "proven"), [
    (("no_reply beside", "no_reply beside"), False),
    (("no_reply beside", "no_reply"), True),
    (("no_reply beside", "ok"), False),
])  # fmt: skip
def test_what_a_program_in_trouble_does_proves_nothing_of_its_link(
    canaries: tuple[str, str], proven: bool
) -> None:
    """A link whose other end is stopped loses calls, whatever is set at it."""
    looks = [
        beside(
            one.split()[0], 0.1, *(["pause b"] if "beside" in one else []), attempted=9, failed=9
        )
        for one in canaries
    ]
    usual = look("ok", attempted=0, failed=0)
    proof = looked(usual, *looks, look("ok", attempted=20, failed=9), fault=RESET).proof()
    assert proof is not None
    assert proof.proven is proven
    assert ("pause b" in str(proof.numbers)) is all("beside" in one for one in canaries)


def test_what_used_a_place_while_its_program_was_in_trouble_is_counted_once() -> None:
    """Counters rise from look to look, whichever of these prove the fault."""
    story = (beside("no_reply", 0.1, attempted=4), beside("no_reply", 0.1, "pause b", attempted=9))
    proof = looked(look("ok", attempted=0), *story, look("ok", attempted=10), fault=RESET).proof()
    assert proof is not None
    assert (proof.proven, proof.numbers["traffic"]) == (True, 6)


def test_a_look_at_a_program_in_trouble_is_no_usual_one() -> None:
    """It was slow before the fault began: the look after it is what is compared with."""
    late = Latency.model_validate({"link": "a->b", "delay": "300ms"})
    before = beside("ok", 0.25, "pause b", attempted=1)
    slow = replace(look("ok", attempted=5), latency_s=0.3)
    proof = looked(before, slow, look("ok", attempted=9), fault=late).proof()
    assert proof is not None
    assert proof.proven
