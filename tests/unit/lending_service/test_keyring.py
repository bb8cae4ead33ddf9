"""Keys of third parties: when the next one is used, and what a denial costs."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import msgspec
import pytest

from lending_service.defences import CredentialsRule
from lending_service.design import Design, DesignError
from lending_service.policy import Policy
from lending_service.ports import Reply
from tests.unit.lending_service.world import FakeClock, design


class Gate:
    """A third party that takes some keys; counts calls by key."""

    def __init__(self, *taken: str) -> None:
        self.taken = set(taken)
        self.calls: list[tuple[str, str]] = []

    async def call(
        self, dependency: str, method: str, path: str, body: Any, timeout_s: float, key: str = ""
    ) -> Reply:
        """Take the call, or deny it."""
        self.calls.append((dependency, key))
        return Reply(200, {}) if key in self.taken else Reply(401, {"code": "credential_revoked"})


def asked(gate: Gate, clock: FakeClock, **credentials: Any) -> Policy:
    """A policy whose design has these credentials."""
    rule = msgspec.convert(
        {"keys": ["old", "new"], "denied": "next", **credentials}, CredentialsRule
    )
    of = design("hardened", credentials=rule, breaker=None)
    return Policy(of, gate, clock, random.Random(1), lambda *_: None)


def outcomes(policy: Policy, *parties: str) -> list[str]:
    """How one call to each of these ends, one after the other."""

    async def each() -> list[str]:
        return [(await policy.once(name, "POST", "/x", {})).outcome for name in parties]

    return asyncio.run(each())


def test_who_is_denied_calls_again_at_once_with_the_next_key_and_keeps_to_it() -> None:
    """No call is lost, and the other third party is still called with the key that it takes."""
    gate = Gate("new")
    assert outcomes(asked(gate, FakeClock()), "risk", "risk", "payment_a") == ["ok"] * 3
    assert [key for _, key in gate.calls] == ["old", "new", "new", "old", "new"]


def test_a_design_that_keeps_its_key_is_denied_until_it_is_in_force_again() -> None:
    """One call each: the same one does not do better by itself."""
    gate = Gate("new")
    policy = asked(gate, FakeClock(), denied="keep")
    assert outcomes(policy, "risk", "risk") == ["denied", "denied"]
    gate.taken = {"old"}
    assert outcomes(policy, "risk") == ["ok"]
    assert len(gate.calls) == 3


def test_where_every_key_is_denied_a_call_is_made_once_and_the_first_that_works_is_found() -> None:
    """A lock-out is not made worse by twice the calls, and does not outlive its cause."""
    gate = Gate()
    policy = asked(gate, FakeClock())
    assert outcomes(policy, *["risk"] * 5) == ["denied"] * 5
    assert len(gate.calls) == 6
    gate.taken = {"new"}
    outcomes(policy, "risk")
    assert outcomes(policy, "risk") == ["ok"]


def test_a_planned_rotation_within_the_overlap_is_never_denied() -> None:
    """Both keys are in force for a while; the service changes meanwhile."""
    gate, clock = Gate("old", "new"), FakeClock()
    policy = asked(gate, clock, next_after_s=5.0, denied="keep")
    assert outcomes(policy, "risk") == ["ok"]
    clock.t_s += 5.0
    gate.taken = {"new"}
    assert outcomes(policy, "risk", "payment_b") == ["ok", "ok"]


def test_no_key_is_refused_with_what_is_allowed() -> None:
    """A list without a key, and one that could not stand in a header."""
    whole = msgspec.to_builtins(design("hardened"))
    for keys in ([], ["a\r\nX-Other: 1"]):
        with pytest.raises(DesignError, match=r"credentials\.keys"):
            Design.from_mapping({**whole, "credentials": {"keys": keys, "denied": "next"}})
