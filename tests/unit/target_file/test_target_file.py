"""A target written as YAML: what is wrong is said with its place, what is right is a target."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.foreign import ForeignProxies
from harness.history import Event, History
from harness.model import Outcome
from harness.rng import Seed
from harness.runtimes.entries import entries
from harness.target import Answer, Call, Completion, Wait
from tests.unit.target_file.a_target import loader

pytestmark = pytest.mark.unit

TARGET = """\
target: mylender
entry: mylender
programs:
  mylender:
    command: [python3, -m, mylender, "{port}"]
    env: {GATEWAY_URL: "{gateway}", DATABASE_URL: "{database}", KEY: "${SECRET}"}
    ready: {get: /health, within: 60s}
  database: {postgres: {user: lender, database: lender}}
  gateway:
    role: payment_gateway
    stand-in:
      - {on: POST /v1/payouts, op: create_payout, key: body.loan, ledger: {entry: payout}}
operations:
  create_loan:
    {post: /loans, json: {amount: "{amount}", who: "c-{number}"}, headers: {A: "${SECRET}"}}
  read_loan: {get: "/loans/{id}"}
journeys:
  borrow:
    - {do: create_loan, with: {amount: [1, 9]}, keep: {id: body.id}, go-on-if: {status: [active]}}
    - {wait: 500ms}
    - {do: read_loan}
settled-when: {after: create_loan, read: read_loan, until: {status: [active, failed]}}
promises:
  paid_once: {claim: Paid once., ledger: gateway, entry: payout, at-most: 1}
  answered: {claim: It ends., of: create_loan, ends-within: 2s}
"""
OPENAPI = """\
openapi: 3.1.0
servers: [{url: "https://lender.example"}, {url: /v1}]
x-since: 2024-01-31
paths:
  /loans: {post: {responses: {201: {}, "4XX": {}}}, parameters: null}
  /loans/{loan_id}: {get: {responses: {"200": {}}}}
"""


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file takes from the environment."""
    monkeypatch.setenv("SECRET", "s3cret")


@pytest.fixture
def target(tmp_path: Path) -> Callable[..., Any]:
    """Loads the file, with some of its text replaced."""

    return loader(tmp_path, TARGET)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{gateway}", "{gatewai}", r"6:24: unknown hole 'gatewai'; did you mean 'gateway'"),
        ("entry: mylender", "entry: gateway", r"2:8: entry 'gateway' is no command"),
        ("ledger: {entry: payout}}", "callback: {to: '{database}/x', body: {}}}",
         r"12:82: unknown program 'database'"),
        ("ledger: {entry: payout}}", "callback: {to: '{mylender}', body: {}, sign: "
         "{header: X, secret: '${NO_SUCH}'}}}", r"12:\d+: \$\{NO_SUCH\} is not set"),
        ("ledger: {entry: payout}}", "ledger: {entry: payout}}\n      "
         "- {on: POST /v1/payouts, op: vip, when: {body.vip: true}}",
         r"13:9: vip is never reached: create_payout takes every such request before"),
        ("ledger: {entry: payout}}", "ledger: {entry: payout}, reply: {id: '{nubmer}'}}",
         r"12:\d+: unknown hole 'nubmer'.*key, number, body"),
        ("key: body.loan", "key: loan", r"12:56: 'loan' selects nothing of a request"),
        ("key: body.loan, ", "", r"12:9: create_payout has no key: by what are its entries"),
        ("{gateway}", "{gateway.user}", r"6:24: unknown part of a hole 'user'"),
        ('"{gateway}"', "{gateway}", r'6:24: .*gateway. is a mapping; try: "{gateway}"'),
        ("amount: [1, 9]", "amount: [9, 1]", r"19:40: amount is \[9, 1\]; allowed: \[low, high"),
        ("until: {status: [active, failed]}", "until: {}", r"settled-when.until"),
        ("promises:", "degradation: {creat_loan: {gateway: {all: QUEUE}}}\npromises:",
         r"unknown operation 'creat_loan'"),
        ("promises:", "degradation: {create_loan: {gateway: {down: QUEUE}}}\npromises:",
         r"Input should be 'one' or 'all', got 'down'"),
        ("promises:", "degradation: {create_loan: {gateway: {all: QUEUE or LATER}}}\npromises:",
         r"modes are FULL, STALE, .*several as 'STANDIN or QUEUE'"),
        ("promises:", "promises:\n  same: {claim: x, of: read_loan, as: create_loan, "
         "equal: {body.a: args.amonut}}", r"is asked with 'amonut'; did you mean 'amount'"),
        ("  database:", "  design:", r"program 'design'"),
        ("entry: mylender", "entry: mylender\ninclude: [more/]", r"3:11: include 'more/' is not"),
        ("{postgres: {user: lender, database: lender}}", "{running: 10.0.0.1:5432}", r"8:23: .*"),
        ('"{gateway}"', '"{mylender}"', r"6:24: {mylender} is mylender itself.*{host} and {port}"),
        ("  database:", "  datab\u00e4se:", r"program 'datab\u00e4se'; allowed: letters"),
        ("{postgres: {user: lender, database: lender}}", "{tcp: 127.0.0.1:99999}",
         r"8:\d+: .*a port is 1 .. 65535"),
        ("keep: {id: body.id}", "keep: {id: body..id}", r"keep.id.*'body..id'"),
        ("ledger: {entry: payout}}", "ledger: {entry: payout}, reply: {a: '${SECRET}'}}",
         r"SECRET} is filled nowhere in what a stand-in says"),
        ("operations:", "allow: {gateway: c1}\noperations:",
         r"13:\d+: unknown program that stands already 'gateway'"),
        ("operations:", "toxiproxy: {running: localhost:1, links: {a: b}}\noperations:",
         r"13:43: link 'a'; allowed: caller->callee"),
        ("operations:", "toxiproxy: {running: localhost:1, links: no.json}\noperations:",
         r"13:42: no.json: .*No such file.*a configuration of Toxiproxy"),
        ("[python3,", "[./nowhere,", r"5:15: command './nowhere' is not there"),
        ("${SECRET}\"}\n", "${UNSET_HERE}\"}\n", r"UNSET_HERE.* is not set.*export UNSET_HERE"),
        ("{do: read_loan}", "{do: read_lone}", r"21:12: unknown operation 'read_lone'"),
        ("keep: {id: body.id}, ", "", r"needs {id}, which nothing has given before"),
        ("entry: payout, at-most", "entry: payot, at-most", r"unknown entry 'payot'"),
        ("at-most: 1", "at-most: -1", r"promises.paid_once.at-most"),
        (", ends-within: 2s", "", r"when does it end\?"),
        ('{get: "/loans/{id}"}', '{get: "/loans/{id}", post: /x}', r"has get and post"),
        ("{postgres: {user: lender, database: lender}}", "{postgres: {}, command: [sh]}",
         r"database is command and postgres"),
        ("target: mylender", "target: mylender\ncompose: x.yml", r"unknown key 'compose'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(
    target: Callable[..., Any], old: str, new: str, told: str
) -> None:
    """Before anything is started: line and column, what is allowed, what to write."""
    with pytest.raises(ConfigError, match=told):
        target((old, new))


def test_links_come_out_of_the_holes(target: Callable[..., Any]) -> None:
    """Who is handed an address calls it; the load enters at the entry."""
    found = {link.name: link.protocol for link in target().links}
    assert found == {
        "borrower->mylender": "http",
        "mylender->gateway": "http",
        "mylender->database": "postgres",
    }


def test_something_that_speaks_no_http_may_stand_already(target: Callable[..., Any]) -> None:
    """A link to it like any other; a canary only connects."""
    mine = target(
        ("{postgres: {user: lender, database: lender}}", "{tcp: 'localhost:6379'}"),
        ("ready: {get: /health, within: 60s}", "ready: {get: /health}"),
    )
    (broker,) = (one for one in mine.services if one.name == "database")
    assert (broker.running, broker.protocol) == ("127.0.0.1:6379", "tcp")
    found = {link.name: (link.protocol, link.path) for link in mine.links}
    assert found["mylender->database"][0] == "tcp"
    assert found["borrower->mylender"] == ("http", "/health")
    assert found["mylender->gateway"] == ("http", "/livez")


def test_proxies_that_stand_already_are_links(target: Callable[..., Any], tmp_path: Path) -> None:
    """By name, or as a configuration of Toxiproxy names them; the rest keeps a proxy of ours."""
    here = "toxiproxy: {running: localhost:8474, token: s, links: %s}\noperations:"
    named = target(("operations:", here % "{'mylender->gateway': gw}"))
    proxies = {"mylender->gateway": "gw"}
    assert named.foreign_proxies == ForeignProxies("127.0.0.1:8474", proxies, "s")
    assert len(named.links) == 3
    (tmp_path / "t.json").write_text('[{"name": "risk", "listen": ":1", "upstream": "r:1"}]')
    links = target(("operations:", here % "t.json")).links
    assert [link.protocol for link in links if link.name == "mylender->risk"] == ["tcp"]


def test_a_journey_is_the_same_for_the_same_dice_and_ends_where_it_should(
    target: Callable[..., Any],
) -> None:
    """Values of answers go on into later requests; a refusal ends it."""
    mine = target()
    steps = mine.journeys["borrow"].steps(7, Seed(1).stream("x"))
    first = next(steps)
    again = next(mine.journeys["borrow"].steps(7, Seed(1).stream("x")))
    assert first == again
    asked = mine.request(first)
    assert (asked.method, asked.path, asked.headers) == ("POST", "/loans", {"A": "s3cret"})
    assert asked.body == {"amount": first.args["amount"], "who": "c-7"}
    assert 1 <= first.args["amount"] <= 9
    done = Completion(Outcome.OK, value={"id": "a/b", "status": "active"})
    assert steps.send(done).seconds == 0.5
    assert mine.request(steps.send(None)).path == "/loans/a%2Fb"
    other = mine.journeys["borrow"].steps(7, Seed(1).stream("x"))
    next(other)
    with pytest.raises(StopIteration):
        other.send(Completion(Outcome.OK, value={"id": "x", "status": "declined"}))


def test_only_what_is_documented_is_known(target: Callable[..., Any], tmp_path: Path) -> None:
    """A status that the OpenAPI document does not name says nothing about what happened."""
    (tmp_path / "openapi.yaml").write_text(OPENAPI)
    mine = target(("target: mylender", "target: mylender\nopenapi: openapi.yaml"))
    create, read = Call("create_loan"), Call("read_loan")
    told = [
        (create, Answer(201), Outcome.OK),
        (create, Answer(422), Outcome.FAIL),
        (create, Answer(200), Outcome.INFO),
        (create, Answer(503), Outcome.INFO),
        (read, Answer(404), Outcome.INFO),
        (create, Answer(None, error="refused"), Outcome.FAIL),
        (create, Answer(None, error="timeout"), Outcome.INFO),
    ]
    assert [mine.classify(call, answer).outcome for call, answer, _ in told] == [
        outcome for _, _, outcome in told
    ]


def test_what_was_asked_for_finds_what_an_answer_does_not_name(target: Callable[..., Any]) -> None:
    """A service that acknowledges with nothing: the thing is known by what it was asked with."""
    listed = (
        "read: read_loan, with: {id: args.amount}, among: body, where: {sum: args.amount}, until"
    )
    mine = target(("read: read_loan, until", listed))
    rows = [("invoke", "create_loan", {"amount": 7}), ("ok", "create_loan", {})]
    events = [
        Event(i=i, t=i, p="u/1", type=kind, f=f, src="client", k="k", v=v)
        for i, (kind, f, v) in enumerate(rows)
    ]
    (call,) = mine.final_reads(History(events))
    assert mine.request(call).path == "/loans/7"
    answers = ([{"sum": 7, "status": "active"}], [{"sum": 8, "status": "active"}])
    done = [{"read_loan/k": Completion(Outcome.OK, value={"items": one})} for one in answers]
    assert [mine.loose_ends(one) for one in done] == [0, 1]
    with pytest.raises(ConfigError, match=r"value that create_loan is asked with 'amonut'"):
        target(("read: read_loan, until", "read: read_loan, with: {id: args.amonut}, until"))


def test_what_stands_in_a_list_is_found_by_its_fields(target: Callable[..., Any]) -> None:
    """The last read of a thing answers with many: the one that it is about counts."""
    listed = "read: read_loan, among: body.loans, where: {number: body.id}, until"
    mine = target(("read: read_loan, until", listed))
    made = {"id": "7", "http_status": 201}
    rows = [("invoke", "create_loan", {}), ("ok", "create_loan", made)]
    events = [
        Event(i=i, t=i, p="u/1", type=kind, f=f, src="client", k="k", v=v)
        for i, (kind, f, v) in enumerate(rows)
    ]
    (call,) = mine.final_reads(History(events))
    loans = [{"number": "6", "status": "active"}, {"number": "7", "status": "new"}]
    for status, loose in (("new", 1), ("active", 0)):
        loans[1]["status"] = status
        answer = Completion(Outcome.OK, value={"loans": loans})
        assert mine.loose_ends({f"{call.f}/{call.k}": answer}) == loose
    assert mine.loose_ends({f"{call.f}/{call.k}": Completion(Outcome.OK)}) == 1


def test_an_operation_may_be_asked_at_another_program(target: Callable[..., Any]) -> None:
    """The load enters there by a link of its own."""
    mine = target(
        ("  gateway:\n", "  office: {command: [python3]}\n  gateway:\n"),
        ('{get: "/loans/{id}"}', '{get: "/loans/{id}", at: office}'),
    )
    assert entries(mine) == {"office": "borrower->office"}
    assert mine.request(Call("read_loan", "k", {"id": "7"})).to == "office"


def test_a_value_may_be_made_of_those_before_it(target: Callable[..., Any]) -> None:
    """Money as a text with decimals, drawn by the seed."""
    mine = target(("with: {amount: [1, 9]}", 'with: {euros: [1, 9], amount: "{euros}.50"}'))
    call = next(mine.journeys["borrow"].steps(1, Seed(1).stream("x")))
    assert re.fullmatch(r"[1-9]\.50", call.args["amount"])


def test_a_user_tries_again_while_nobody_knows(target: Callable[..., Any]) -> None:
    """The same request under the same key, so often and no more; a refusal ends it."""
    mine = target(("{do: create_loan, ", "{do: create_loan, again: 2, after: 3s, "))

    def asked(*outcomes: Outcome) -> list[object]:
        steps = mine.journeys["borrow"].steps(7, Seed(1).stream("x"))
        seen = [next(steps)]
        with suppress(StopIteration):
            for outcome in outcomes:
                seen.append(steps.send(Completion(outcome, value={"id": "l1", "status": "active"})))
                if isinstance(seen[-1], Wait):
                    seen.append(steps.send(None))
        return seen

    first, gap, second, _, third = asked(*[Outcome.INFO] * 3)
    assert first == second == third
    assert gap == Wait(3.0)
    assert len(asked(Outcome.FAIL)) == 1
    assert asked(Outcome.INFO, Outcome.OK)[3] != first
    with pytest.raises(ConfigError, match="a wait has no again"):
        target(("{do: read_loan}", "{wait: 1s, again: 1}"))
