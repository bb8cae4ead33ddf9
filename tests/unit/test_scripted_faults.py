"""Faults of meaning: the rule that they set, the mistakes that they refuse, the proof."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from chaos.faults.not_found import NotFound
from chaos.faults.timeout import Timeout
from chaos.lending import RULE_OPS
from harness.authoring.parameters import example
from harness.ports import Observation, Seen, UndoRecord
from harness.registry import load_vocabulary
from mock_services import (
    funding_provider,
    notification,
    payment_gateway,
    policy,
    risk_engine,
    status_page,
)
from mock_services.behaviour import parse
from mock_services.effects import EFFECTS
from mock_services.payment_gateway import OPS

FAULTS: Mapping[str, Any] = load_vocabulary().faults
KINDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("http_error", {"status": 500}, {"op": "*", "effect": "error", "args": {"status": 500}}),
    (
        "http_error",
        {"status": 429, "retry_after": "3s", "retry_after_as": "date"},
        {"args": {"status": 429, "retry_after_s": 3, "retry_after_as": "date"}},
    ),
    ("error_after", {"status": 503}, {"effect": "error_after", "args": {"status": 503}}),
    (
        "late_success",
        {"delay": "4s", "code": "DECLINED"},
        {"op": "*", "effect": "late_success", "args": {"delay_s": 4.0, "code": "DECLINED"}},
    ),
    ("processing", {"ends": "never"}, {"effect": "processing", "args": {"delay_s": None}}),
    ("processing", {"ends": "failed"}, {"args": {"delay_s": 3.0, "ends": "FAILED"}}),
    ("late_callback", {"delay": "2s"}, {"args": {"delay_s": 2.0, "status": None}}),
    (
        "late_callback",
        {"status": "FAILED"},
        {"op": "callback", "args": {"delay_s": 3.0, "status": "FAILED"}},
    ),
    (
        "callback_reordered",
        {"within": "1s"},
        {"effect": "late_callback", "share": 0.5, "args": {"delay_s": 1.0}},
    ),
    ("credential_revoked", {"key": "key-1"}, {"op": "*", "args": {"key": "key-1"}}),
    ("key_expired", {"after": "1s"}, {"effect": "key_expired", "args": {"after_s": 1.0}}),
    ("decline", {"op": "create_payout"}, {"op": "create_payout", "effect": "decline", "args": {}}),
    ("callback_lost", {}, {"op": "callback", "effect": "callback_lost", "args": {}}),
    ("duplicate_callback", {"times": 4}, {"op": "callback", "args": {"times": 4}}),
    ("wrong_amount", {"delta_minor": -5}, {"op": "callback", "args": {"delta_minor": -5}}),
    (
        "intercepted",
        {"form": "empty", "status": 404},
        {"effect": "intercepted", "args": {"form": "empty", "status": 404}},
    ),
    ("forged_callback", {}, {"op": "*", "effect": "forged_callback", "args": {}}),
    (
        "garbled",
        {"form": "list", "status": 201},
        {"effect": "garbled", "args": {"form": "list", "status": 201}},
    ),
    (
        "other_fields",
        {"fields": {"status": "MAYBE", "settled_s": None}},
        {"args": {"fields": {"status": "MAYBE", "settled_s": None}}},
    ),
    ("http_error", {"status": 409, "code": "no"}, {"args": {"status": 409, "code": "no"}}),
    ("capacity", {"rate": "20/s"}, {"effect": "capacity", "args": {"per_s": 20.0}}),
    ("shared_limit", {"rate": "6/s"}, {"effect": "shared_limit", "args": {"per_s": 6.0}}),
    ("slow", {"delay": "500ms"}, {"effect": "slow", "args": {"delay_s": 0.5}}),
    (
        "file_spoiled",
        {"form": "missing", "every": 2, "totals": "kept"},
        {"op": "file", "args": {"form": "missing", "every": 2, "totals": "kept"}},
    ),
]


class Scripted:
    """Remembers the rules that a fault sets."""

    def __init__(self) -> None:
        """None yet."""
        self.rules: list[Mapping[str, Any]] = []

    async def script(self, service: str, rules: Sequence[Mapping[str, Any]]) -> None:
        """Remember them."""
        self.rules += rules

    async def healthy(self, where: str) -> Mapping[str, Any]:
        """No rule."""
        return {"rules": []}

    async def observe(self, where: str) -> Observation:
        """Nothing is seen."""
        return Observation(0.0, "ok", 0.0)

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Nothing to undo."""

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """It is."""
        return True


def _fault(kind: str, **values: Any) -> Any:
    module = importlib.import_module(f"chaos.faults.{kind}")
    return module.FAULT.model_validate({"service": "payment_a", **values})


def _rules(fault: Any) -> list[Mapping[str, Any]]:
    control = Scripted()
    asyncio.run(fault.inject(control))
    return control.rules


def _seen(rise: Mapping[str, int], during: str = "ok") -> Seen:
    before = Observation(0.0, "ok", 0.01, dict.fromkeys(rise, 5))
    early = Observation(1.0, during, 0.01, before.counts)
    late = Observation(2.0, during, 0.01, {name: 5 + n for name, n in rise.items()})
    return Seen(before, early, late, before)


@pytest.mark.parametrize(
    ("values", "said"), [({"first": 5, "last": 2}, "first=5 or more"), ({"share": 0}, "above 0")]
)
@pytest.mark.parametrize("kind", ["http_error", "wrong_amount"])
def test_a_rule_that_no_call_can_show_is_refused(
    kind: str, values: dict[str, Any], said: str
) -> None:
    """Before a run, and not by the stand-in in the middle of it."""
    needed = {"http_error": {"status": 500}, "wrong_amount": {"delta_minor": 100}}[kind]
    with pytest.raises(ValueError, match=said):
        _fault(kind, **needed, **values)


def test_the_vocabulary_knows_the_operations_of_the_stand_ins() -> None:
    """A document is refused by the one, its rule in mid-run by the other."""
    programs = (payment_gateway, risk_engine, funding_provider, notification, policy, status_page)
    assert dict(RULE_OPS) == {one.__name__.split(".")[1]: one.OPS for one in programs}


@pytest.mark.parametrize("role", RULE_OPS)
def test_what_a_document_may_say_of_a_stand_in_is_what_it_takes(role: str) -> None:
    """Else a document is valid, and its run breaks down in the middle."""
    for kind, fault in FAULTS.items():
        if not hasattr(fault, "fits") or getattr(fault, "role", role) != role:
            continue
        if not (fitting := fault.fits(RULE_OPS[role])):
            continue
        given = dict(YAML(typ="safe").load(example(kind, load_vocabulary()))[0])
        if given.get("op") not in (*fitting, None):
            given["op"] = fitting[0]
        values = {k: v for k, v in given.items() if k in fault.model_fields and k != "service"}
        assert parse({"rules": _rules(_fault(kind, **values))}, RULE_OPS[role]), kind


@pytest.mark.parametrize("kind", [kind for kind in FAULTS if hasattr(FAULTS[kind], "effect")])
@pytest.mark.parametrize("role", RULE_OPS)
def test_a_fault_fits_the_operations_that_its_effect_fits(kind: str, role: str) -> None:
    """As the stand-in has it, also for the operations of one out of mappings."""
    ops, effect = (*RULE_OPS[role], "book_taxi"), EFFECTS[FAULTS[kind].effect]
    assert FAULTS[kind].fits(ops) == [op for op in ops if effect.fits(op)]


@pytest.mark.parametrize(("kind", "values", "rule"), KINDS)
def test_the_rule_is_one_that_a_gateway_takes(
    kind: str, values: dict[str, Any], rule: dict[str, Any]
) -> None:
    """What a document says arrives at the stand-in, which has the same words."""
    (set_,) = _rules(_fault(kind, **values))
    assert {name: set_[name] for name in rule} == rule
    assert parse({"rules": [set_]}, OPS).rules[0].id == kind


@pytest.mark.parametrize(("kind", "values", "_"), KINDS)
def test_it_is_proven_by_calls_that_were_hit(
    kind: str, values: dict[str, Any], _: dict[str, Any]
) -> None:
    """A rule that no call met has shown nothing."""
    assert _fault(kind, **values).proof(_seen({"hits": 3, "turned_away": 1})).proven
    assert not _fault(kind, **values).proof(_seen({"hits": 0, "turned_away": 0})).proven


def test_a_shared_limit_that_was_never_reached_has_shown_nothing() -> None:
    """Calls that met it and were done are no proof: each gateway has to turn somebody away."""
    limit = _fault("shared_limit", rate="6/s")
    assert not limit.proof(_seen({"hits": 30, "turned_away": 0})).proven


@pytest.mark.parametrize(
    ("kind", "values"),
    [("suspend", {"segment": "sme"}), ("policy_blank", {}), ("policy_outdated", {})],
)
def test_the_rule_is_one_that_a_policy_takes(kind: str, values: dict[str, Any]) -> None:
    """And its arguments are the cell."""
    (set_,) = _rules(_fault(kind, **values))
    assert parse({"rules": [set_]}, policy.OPS).rules[0].args == values


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("slow", {"delay": "0s"}),
        ("slow", {"delay": "11m"}),
        ("wrong_amount", {"delta_minor": 0}),
        ("duplicate_callback", {"times": 1}),
        ("callback_lost", {"op": "inquire"}),
        ("http_error", {"status": 200}),
        ("decline", {"share": 1.5}),
        ("drift", {"points": 0}),
        ("score", {"value": "high"}),
        ("processing", {"ends": "later"}),
        ("key_expired", {}),
        ("suspend", {}),
        ("suspend", {"segment": "nobody"}),
        ("segment_refused", {}),
        ("other_fields", {"fields": {}}),
        ("garbled", {"form": "poem"}),
        ("file_spoiled", {"form": "poem"}),
        ("file_spoiled", {"op": "inquire"}),
        ("http_error", {"retry_after": "1500ms"}),
    ],
)
def test_a_fault_that_would_do_nothing_is_refused(kind: str, values: dict[str, Any]) -> None:
    """Before anything is started."""
    with pytest.raises(ValidationError):
        _fault(kind, **values)


@pytest.mark.parametrize(
    ("kind", "values", "ops", "args"),
    [
        ("score", {"value": float("nan")}, risk_engine.OPS, {"value": "NaN"}),
        ("score", {"value": 700}, risk_engine.OPS, {"value": 700}),
        ("score", {}, risk_engine.OPS, {"value": None}),
        ("drift", {"points": -25, "share": 0.3}, risk_engine.OPS, {"points": -25}),
        ("two_models", {}, risk_engine.OPS, {"version": "m2"}),
        ("quota_gone", {}, funding_provider.OPS, {}),
        ("withdraw", {}, funding_provider.OPS, {}),
        ("quota_cut", {"quota_minor": 0}, funding_provider.OPS, {"quota_minor": 0}),
        ("oversold", {"quota_minor": 5}, funding_provider.OPS, {"quota_minor": 5}),
    ],
)
def test_the_rule_is_one_that_a_risk_engine_or_a_funder_takes(
    kind: str, values: dict[str, Any], ops: tuple[str, ...], args: dict[str, Any]
) -> None:
    """As of a gateway."""
    (set_,) = _rules(_fault(kind, **values))
    assert parse({"rules": [set_]}, ops).rules[0].args == args


def test_not_found_loses_the_reply_and_denies_the_first_inquiries() -> None:
    """Both halves are needed, and both are proven."""
    fault = NotFound(service="payment_a", times=2)
    lost, denied = parse({"rules": _rules(fault)}, OPS).rules
    assert (lost.op, lost.effect) == ("create_payout", "reply_lost")
    assert (denied.op, denied.per_key, denied.last) == ("inquire", True, 2)
    both = {"hits.not_found/lost": 3, "hits.not_found/denied": 2}
    assert fault.proof(_seen(both)).proven
    assert not fault.proof(_seen({**both, "hits.not_found/denied": 0})).proven


def test_a_black_hole_where_nobody_counts_calls_is_proven_by_its_canary() -> None:
    """On the borrowers' own link neither end counts."""
    fault = Timeout(link="borrower->lending", stream="downstream")
    assert fault.proof(_seen({}, "no_reply")).proven
    assert not fault.proof(_seen({}, "ok")).proven
    assert fault.proof(_seen({"failed": 3}, "ok")).proven
