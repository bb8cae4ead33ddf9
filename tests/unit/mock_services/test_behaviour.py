"""Rules say which calls go wrong: by ordinal, key and share, in order, and never silently wrong."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from mock_services.behaviour import Script, parse
from mock_services.calls import Call, Lane, Reply
from mock_services.dice import seeded
from mock_services.documents import InvalidDocument
from mock_services.effects import EFFECTS
from mock_services.payment_gateway import OPS
from tests.unit.mock_services.asgi import VirtualClock

pytestmark = pytest.mark.unit


def _script(*rules: dict[str, Any], seed: int = 7) -> Script:
    script = Script(seeded(seed))
    script.replace(_behaviour(*rules))
    return script


def _behaviour(*rules: dict[str, Any]) -> Any:
    named = [{"id": f"r{i}", "op": "create_payout", **rule} for i, rule in enumerate(rules)]
    return parse({"rules": named}, OPS)


def _hits(script: Script, keys: list[str], op: str = "create_payout") -> list[bool]:
    return [script.match(op, key) != ([], []) for key in keys]


def test_first_two_fail_then_succeed() -> None:
    """`first: 1, last: 2` takes two calls and leaves the rest alone."""
    script = _script({"effect": "error", "first": 1, "last": 2})
    assert _hits(script, ["a", "b", "c", "d"]) == [True, True, False, False]


def test_rule_with_a_key_counts_only_that_key() -> None:
    """The second call of loan-1 is meant, however many others come between."""
    script = _script({"effect": "error", "key": "loan-1", "first": 2, "last": 2})
    keys = ["loan-2", "loan-1", "loan-2", "loan-1", "loan-1"]
    assert _hits(script, keys) == [False, False, False, True, False]


def test_per_key_counts_every_key_on_its_own() -> None:
    """The first call of each loan fails, the next succeeds."""
    script = _script({"effect": "error", "last": 1, "per_key": True})
    assert _hits(script, ["a", "b", "a", "c", "b"]) == [True, True, False, True, False]


def test_share_is_the_same_for_the_same_seed_and_near_what_was_asked() -> None:
    """Same seed, same calls; another seed, other calls; about three in ten."""
    keys = ["k"] * 1000
    rule = {"effect": "error", "share": 0.3}
    first = _hits(_script(rule), keys)
    assert _hits(_script(rule), keys) == first
    assert _hits(_script(rule, seed=8), keys) != first
    assert 250 < sum(first) < 350


def _shown(script: Script, op: str = "create_payout") -> list[str]:
    names = {id(effect): name for name, effect in EFFECTS.items()}
    return [names[id(effect)] for effect, _ in script.match(op, "k")[0]]


def test_first_of_two_that_contradict_wins_and_later_rules_still_count() -> None:
    """`first` means the Nth call also for a rule behind another one."""
    script = _script(
        {"effect": "reply_lost", "last": 1},
        {"effect": "error_after"},
        {"effect": "error_after", "args": {"status": 502}, "first": 2, "last": 2},
    )
    assert [_shown(script) for _ in range(2)] == [["reply_lost"], ["error_after"]]
    assert script.hits == {"r0": 1, "r1": 1}


def test_rules_that_do_not_contradict_one_another_are_shown_by_one_call() -> None:
    """Whatever their order: slow around all, the end outside of what is done; each is a hit."""
    rules = (
        {"effect": "late_success", "args": {"delay_s": 1}},
        {"effect": "slow", "args": {"delay_s": 1}},
        {"effect": "reply_lost"},
        {"effect": "key_expired", "args": {"after_s": 1}},
    )
    for order in (rules, rules[::-1]):
        script = _script(*order)
        assert _shown(script)[:2] == ["slow", "reply_lost"]
        assert set(script.hits.values()) == {1}
        assert len(script.hits) == 4


def test_a_call_that_is_refused_changes_nothing() -> None:
    """A status that nobody reaches is no hit; the pause is."""
    script = _script(
        {"effect": "late_success", "args": {"delay_s": 1}},
        {"effect": "error"},
        {"effect": "slow", "args": {"delay_s": 1}},
    )
    assert _shown(script) == ["slow", "error"]
    assert script.hits == {"r1": 1, "r2": 1}


def test_star_takes_only_ops_that_the_effect_fits() -> None:
    """A late success for `*` does not touch inquiries."""
    script = _script({"op": "*", "effect": "late_success", "args": {"delay_s": 1}})
    assert _hits(script, ["k"], "create_debit") == [True]
    assert _hits(script, ["k"], "inquire") == [False]


def test_rule_that_stays_keeps_its_count() -> None:
    """Adding a second rule does not make the first one start again."""
    rule = {"effect": "error", "last": 1}
    script = _script(rule)
    assert _hits(script, ["k"]) == [True]
    script.replace(_behaviour(rule, {"effect": "slow", "args": {"delay_s": 1}, "first": 9}))
    assert _hits(script, ["k"]) == [False]


def test_rule_set_anew_starts_counting_again() -> None:
    """Taken away and set again is a new rule."""
    rule = {"effect": "error", "last": 1}
    script = _script(rule)
    assert _hits(script, ["k"]) == [True]
    script.replace(_behaviour())
    script.replace(_behaviour(rule))
    assert _hits(script, ["k"]) == [True]


def test_every_problem_is_listed_at_once_with_its_path() -> None:
    """One reading of the message is enough to mend the whole document."""
    rules = [
        {"id": "a", "op": "create_payout", "effect": "explode", "share": 2},
        {"id": "b", "op": "reserve", "effect": "error", "args": {"status": 200}},
        {"id": "c", "op": "create_payout", "effect": "quota_gone"},
        {"op": "inquire", "effect": "slow", "colour": "red", "args": {}},
        {"id": "d", "op": "inquire", "effect": "error", "first": 3, "last": 2},
        "nonsense",
        {"id": "e", "op": "inquire", "effect": "error"},
        {"id": "e", "op": "inquire", "effect": "error"},
    ]
    with pytest.raises(InvalidDocument) as caught:
        parse({"rules": rules, "extra": 1}, OPS)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "extra",
        "rules[0].share",
        "rules[0].effect",
        "rules[1].op",
        "rules[1].args.status",
        "rules[2].effect",
        "rules[3].id",
        "rules[3].colour",
        "rules[3].args.delay_s",
        "rules[4].last",
        "rules[5]",
        "rules",
    ]


def test_unknown_effect_names_the_allowed_ones() -> None:
    """The message says what would have been accepted for this op."""
    with pytest.raises(InvalidDocument) as caught:
        parse({"rules": [{"id": "a", "op": "callback", "effect": "explode"}]}, OPS)
    assert caught.value.problems == (
        "rules[0].effect: got 'explode'; allowed: duplicate_callback, callback_lost, "
        "late_callback, wrong_amount",
    )


@pytest.mark.parametrize("raw", [None, [], {"rules": {}}, {"rules": [{"id": "a"}]}])
def test_documents_of_a_wrong_shape_are_refused(raw: object) -> None:
    """Nothing that is not a list of rules is taken."""
    with pytest.raises(InvalidDocument):
        parse(raw, OPS)


def test_effects_of_a_call_fit_whatever_a_stand_in_calls_its_requests() -> None:
    """A new kind needs no row in a table; what is no request stays apart."""
    for effect in ("error", "error_after", "reply_lost", "request_lost", "slow"):
        assert EFFECTS[effect].fits("send")
        assert not EFFECTS[effect].fits("callback")
    assert not EFFECTS["drift"].fits("send")
    assert not EFFECTS["callback_lost"].fits("send")


def test_more_than_the_capacity_wait_for_their_turn() -> None:
    """Five at once at 5/s go one after the other; a rate that is below it is not felt."""

    async def five() -> list[float]:
        clock, lane, done = VirtualClock(), Lane(), list[float]()
        effect = EFFECTS["capacity"]
        args = msgspec.convert({"per_s": 5}, effect.args)

        async def work(**changes: object) -> Reply:
            done.append(round(clock.now_s(), 6))
            return Reply(200, {})

        call = Call("score", clock, work, lambda: datetime(2026, 1, 1, tzinfo=UTC), lane=lane)
        waiting = [asyncio.ensure_future(effect.run(call, args)) for _ in range(5)]
        await clock.advance(2.0)
        await asyncio.gather(*waiting)
        waiting = [asyncio.ensure_future(effect.run(call, args))]
        await clock.advance(0.0)
        await asyncio.gather(*waiting)
        return done

    assert asyncio.run(five()) == [0.0, 0.2, 0.4, 0.6, 0.8, 2.0]
