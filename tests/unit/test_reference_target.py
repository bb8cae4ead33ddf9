"""The reference target: requests, meaning of answers, configurations, counts, last reads."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
from ruamel.yaml import YAML

from chaos.lending import MODES, RISK_ENGINE, TERMINAL
from chaos.targets._reference_design import CHOICES
from chaos.targets.reference import TARGET
from harness.history import Event, History
from harness.model import Outcome
from harness.registry import design_files, load_vocabulary
from harness.target import Answer, Call, Completion, LinkSpec, Target
from harness.target_file import fields

READ = Call("application", "app-1")
FULL = {"code": "busy", "message": "m", "retryable": True, "retry_after_s": 1, "reference": "r"}
LINKS = {link.name: link for link in TARGET.links}


class Wires:
    """Addresses by name, so that a test can see who was pointed where."""

    t0_ns = 5
    seed = 7
    design: Mapping[str, Any] = {"name": "naive"}

    def listen(self, service: str) -> tuple[str, int]:
        """A port for each service."""
        return "127.0.0.1", 1000 + len(service)

    def through(self, link: str) -> tuple[str, int]:
        """A host named like the link, so that it shows in the URL."""
        return link.replace("->", "-to-"), 80

    def database(self, link: str) -> Mapping[str, Any]:
        """As through."""
        return {"host": link, "port": 5432, "user": "u", "database": "d"}


def test_it_is_a_target() -> None:
    """The engine knows it through the port alone; each name is there once."""
    target: Target = TARGET
    names = [service.name for service in target.services]
    assert len(set(names)) == len(names) == 11
    assert len(LINKS) == len(target.links) == 14
    assert target.entry in LINKS
    assert {end for link in target.links for end in (link.caller, link.callee)} == {
        *names, "borrower",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "outcome", "err"),
    [
        (Answer(202, {"application_id": "a"}), Outcome.OK, ""),
        (Answer(200, {}), Outcome.INFO, "protocol"),
        (Answer(302, {}), Outcome.INFO, "http_302"),
        (Answer(404, {}), Outcome.FAIL, "http_404"),
        (Answer(409, {"code": "key_reused"}), Outcome.FAIL, "key_reused"),
        (Answer(429, FULL), Outcome.FAIL, "busy"),
        (Answer(503, FULL), Outcome.FAIL, "busy"),
        (Answer(503, {"code": "busy"}), Outcome.INFO, "busy"),
        (Answer(500, {}), Outcome.INFO, "http_500"),
        (Answer(None, error="refused"), Outcome.FAIL, "refused"),
        (Answer(None, error="timeout"), Outcome.INFO, "timeout"),
        (Answer(None, error="reset"), Outcome.INFO, "reset"),
        (Answer(None, error="protocol"), Outcome.INFO, "protocol"),
    ],
)
def test_an_answer_is_definite_or_unknown(answer: Answer, outcome: Outcome, err: str) -> None:
    """In doubt info: only an explained 5xx, a 4xx or a refused connection is a definite no."""
    completion = TARGET.classify(READ, answer)
    assert (completion.outcome, completion.err) == (outcome, err)
    assert completion.value["http_status"] == answer.status


def test_a_failure_says_whether_it_was_explained() -> None:
    """All five fields, or it was not."""
    assert TARGET.classify(READ, Answer(503, FULL)).value["explained"] is True
    assert TARGET.classify(READ, Answer(503, {"code": "x"})).value["explained"] is False
    assert TARGET.classify(READ, Answer(None, error="timeout")).value["explained"] is False


def test_writes_carry_their_key_and_reads_their_id() -> None:
    """Idempotency-Key for submit and repay; ids are quoted in paths."""
    submit = TARGET.request(Call("submit", "sub-1", {"borrower": "b", "amount_minor": 5}))
    assert (submit.method, submit.path) == ("POST", "/v1/applications")
    assert submit.headers == {"Idempotency-Key": "sub-1"}
    assert submit.body == {"borrower": "b", "amount_minor": 5}
    repay = TARGET.request(Call("repay", "rep-1", {"loan_id": "loan-1", "amount_minor": 5}))
    assert (repay.path, repay.body) == ("/v1/loans/loan-1/repayments", {"amount_minor": 5})
    read = TARGET.request(Call("read_limit", "b/../x"))
    assert (read.method, read.path) == ("GET", "/v1/borrowers/b%2F..%2Fx/limit")


def test_everybody_is_called_through_a_link() -> None:
    """No configuration names a callee's own port: each call must pass its proxy."""
    lending = TARGET.config("lending", Wires())
    assert lending["upstreams"]["risk"] == {"kind": RISK_ENGINE, "url": "http://lending-to-risk:80"}
    assert len(lending["upstreams"]) == 9
    assert lending["database"]["host"] == "lending->database"
    assert lending["design"] == {"name": "naive"}
    gateway = TARGET.config("payment_b", Wires())
    url = "http://payment_b-to-lending:80/callbacks/payments"
    assert gateway["options"]["callback_url"] == url
    assert gateway["kind"] == "payment_gateway"


def test_a_funder_is_given_the_quota_that_the_contract_declares() -> None:
    """What the checkers hold it to is what it was told."""
    quota_minor = TARGET.config("funding_c", Wires())["options"]["quota_minor"]
    assert quota_minor == TARGET.contract["funding_quota_minor"]["funding_c"]


def test_the_hardened_design_stays_within_the_declared_caps() -> None:
    """A design that allows itself more than was declared would fail by its settings alone."""
    caps = _design("hardened")["stand_in"]
    declared = TARGET.contract["stand_in"]
    limits = {name: cap for name, cap in declared.items() if isinstance(cap, int | float)}
    assert {name: cap for name, cap in limits.items() if caps[name] > cap} == {}


def _design(name: str) -> dict[str, Any]:
    """A design that comes with the harness."""
    text = design_files()[name].read_text(encoding="utf-8")
    document: dict[str, Any] = YAML(typ="safe").load(text)
    return document


def test_a_design_is_checked_by_the_service_it_is_for() -> None:
    """Every problem is listed; the designs that come along have none."""
    assert TARGET.design_problems(_design("naive")) == []
    assert TARGET.design_problems(_design("hardened")) == []
    wrong = {**_design("naive"), "submit": "maybe", "tries_max": -1}
    problems = TARGET.design_problems(wrong)
    assert [key for key, _ in problems] == ["submit", "tries_max"]
    assert "maybe" in problems[0][1]


@pytest.mark.parametrize(
    ("spread", "problem"),
    [
        ({"shares": {"bank_x": 0.5}}, "spread.shares.bank_x: there is none; allowed: funding_a, f"),
        ({"region": {"nort": 0.5}}, "spread.region.nort: there is none; allowed: north, east"),
        ({"segment": {"students": 1.0}}, "allowed: consumer, sme"),
    ],
)
def test_shares_of_what_is_not_there_are_refused(spread: dict[str, Any], problem: str) -> None:
    """A name that nothing has would be a cap that holds nobody."""
    wrong = {**_design("hardened"), "spread": {"from_minor": 1, **spread}}
    ((key, said),) = TARGET.design_problems(wrong)
    assert key == "spread"
    assert problem in said


def test_a_broken_invariant_is_traced_to_the_choice_that_breaks_it() -> None:
    """The counterexample of a naive design names its defect; hardened has none to name."""
    why = TARGET.explain("no_double_payout", _design("naive"))
    assert "payout_key: attempt" in why
    assert "unknown_payment: fail" in why
    assert TARGET.explain("no_double_payout", _design("hardened")) == ""
    assert TARGET.explain("no_double_payout", {}) == ""


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: f"{choice.key}-{choice.value}")
def test_every_harmful_choice_names_invariants_that_exist(choice: Any) -> None:
    """A renamed invariant must not leave an explanation that never shows."""
    assert set(choice.breaks) <= load_vocabulary().invariants.keys()
    chosen = importlib.import_module("lending_service.design").Design.from_mapping
    assert getattr(chosen(_design("hardened")), choice.key) != choice.value


METRICS = """# TYPE lending_upstream_calls_total counter
lending_upstream_calls_total{dependency="risk",outcome="ok"} 7.0
lending_upstream_calls_total{outcome="refused",dependency="risk"} 3
lending_upstream_calls_total{dependency="payment_a",outcome="no_reply"} 2.0
lending_database_calls_total{outcome="ok"} 40
lending_database_calls_total{outcome="error"} 1
"""


@pytest.mark.parametrize(
    ("link", "caller", "callee", "expected"),
    [
        ("lending->risk", METRICS, {"calls": {"score": 5, "limit": 2}}, (10, 3, 7)),
        ("lending->payment_a", METRICS, {"calls": {"create_payout": 2}}, (2, 2, 2)),
        ("lending->payment_b", METRICS, {"calls": {}}, (0, 0, 0)),
        ("lending->database", METRICS, {}, (41, 1, 40)),
        (
            "payment_a->lending",
            json.dumps({"callbacks": {"sent": 9, "acknowledged": 6, "failed": 3}}),
            {},
            (9, 3, 6),
        ),
    ],
)
def test_calls_on_a_link_are_counted_at_both_ends(
    link: str, caller: str, callee: dict[str, Any], expected: tuple[int, int, int]
) -> None:
    """Attempted and failed by the caller, reached by the callee."""
    counts = TARGET.counts(LINKS[link], caller, callee)
    assert (counts["attempted"], counts["failed"], counts["reached"]) == expected


def test_nobody_counts_on_the_borrowers_link() -> None:
    """{}, not zeros that would look like a count."""
    assert TARGET.counts(LinkSpec("borrower->lending", "borrower", "lending"), "", {}) == {}


def _history(*ops: tuple[str, str, str, dict[str, Any]]) -> History:
    """Each op: f, key, type of its completion, value."""
    events: list[Event] = []
    for number, (f, k, type_, value) in enumerate(ops):
        process = f"consumer/{number}"
        events.append(
            Event(i=2 * number, t=number, p=process, type="invoke", f=f, k=k, src="client")
        )
        events.append(
            Event(
                i=2 * number + 1, t=number, p=process, type=type_, f=f, k=k, v=value, src="client"
            )
        )
    return History(events)


def test_everything_that_was_promised_is_read_at_the_end_once() -> None:
    """Acknowledged applications and repayments, and loans by whatever named them."""
    history = _history(
        ("submit", "sub-1", "ok", {"application_id": "app-1"}),
        ("submit", "sub-1", "ok", {"application_id": "app-1"}),
        ("submit", "sub-2", "info", {}),
        ("application", "app-1", "ok", {"status": "active", "loan_id": "loan-1"}),
        ("application", "app-3", "ok", {"status": "scoring", "loan_id": None}),
        ("repay", "rep-1", "ok", {"repayment_id": "r-1"}),
        ("read_loan", "loan-b-0001", "ok", {"loan_id": "loan-b-0001"}),
    )
    assert TARGET.final_reads(history) == [
        Call("application", "app-1"),
        Call("read_loan", "loan-1"),
        Call("read_loan", "loan-b-0001"),
        Call("repayment", "r-1"),
        Call("figures", "service"),
        Call("mode_changes", "service"),
    ]


def test_loose_ends_are_what_settling_waits_for() -> None:
    """Not final yet, or not readable; people's cases and loans do not hold up the end."""

    def read(status: str, outcome: Outcome = Outcome.OK) -> Completion:
        return Completion(outcome, "", {"status": status})

    final = ["active", "declined", "reversed", "settled", "manual",
             "credited", "failed", "pending"]  # fmt: skip
    assert TARGET.loose_ends({status: read(status) for status in final}) == 0
    loose = [
        "paying",
        "payment_unknown",
        "queued_degraded",
        "suspended_by_policy",
        "accepted",
        "queued",
    ]
    assert TARGET.loose_ends({status: read(status) for status in loose}) == len(loose)
    assert TARGET.loose_ends({"app-1": read("active", Outcome.INFO)}) == 1


def test_states_have_one_meaning_for_the_service_and_for_whoever_judges_it() -> None:
    """The service imports nothing of ours, so that both lists are compared here."""
    service = importlib.import_module("lending_service.domain")
    assert set(service.TERMINAL) == TERMINAL


def test_every_declared_cell_speaks_of_what_there_is() -> None:
    """Roles that the target has, known modes, and repayment neither off nor suspended."""
    roles = {service.kind for service in TARGET.services}
    for operation, cells in TARGET.degradation.items():
        assert operation in {*TARGET.contract["operations"], "disburse"}
        assert cells.keys() <= roles
        named = [mode for states in cells.values() for mode in states.values()]
        modes = {mode for one in named for mode in one.split(" or ")}
        assert modes <= {*MODES} == {*fields.MODES}
        assert {state for states in cells.values() for state in states} <= {"one", "all"}
    repay = TARGET.degradation["repay"].values()
    assert not {mode for states in repay for mode in states.values()} & {"OFF", "SUSPENDED"}
