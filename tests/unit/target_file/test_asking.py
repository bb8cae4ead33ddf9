"""Operations of a target file: bodies, who asks, values of users, answers that are lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.asked import Operations
from harness.errors import ConfigError
from harness.history import Event, History
from harness.model import Outcome
from harness.rng import Seed
from harness.target import Answer
from tests.unit.target_file.a_target import loader

pytestmark = pytest.mark.unit

TARGET = """\
target: mylender
entry: mylender
data: {users: users.csv}
programs:
  mylender: {command: [python3, -m, mylender, "{port}"]}
operations:
  log_in: {post: /login, form: {name: "{user.name}", password: "{user.password}"}}
  create: {post: /loans, json: {amount: "{amount}"}, auth: {login: log_in, token: body.auth.token}}
  read: {get: "/loans/{id}", auth: {login: log_in, token: body.auth.token}}
  note: {post: /notes, body: "hello {number}", headers: {Content-Type: text/markdown}}
  admin: {get: /admin, auth: {basic: {user: ops, password: "${SECRET}"}}}
journeys:
  borrow:
    - {do: create, with: {amount: 5}, keep: {id: body.0.id, way: header.Location}}
    - {do: read}
  ask: [{do: note}, {do: admin}]
settled-when: {after: create, read: read, with: {id: body.0.id}, until: {status: active}}
promises:
  stays:
    {claim: Same., of: read, as: create, with: {id: body.0.id}, equal: {amount: args.amount}}
"""


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Loads the file, with some of its text replaced."""
    monkeypatch.setenv("SECRET", "s3cret")
    (tmp_path / "users.csv").write_text("name,password\nann,pw&1\nbob,pw2\n")
    return loader(tmp_path, TARGET)


def test_a_login_comes_first_and_nothing_of_it_is_written_down(
    target: Callable[..., Any],
) -> None:
    """Once a journey, as the user whose turn it is; the token goes into every request after it."""
    mine = target()
    steps = mine.journeys["borrow"].steps(2, Seed(1).stream("x"))
    login = next(steps)
    asked = mine.request(login)
    assert (asked.text, asked.headers["Content-Type"]) == (
        "name=ann&password=pw%261", "application/x-www-form-urlencoded",
    )  # fmt: skip
    assert login.args == {"number": 2}
    done = mine.classify(login, Answer(200, {"auth": {"token": "t0k"}, "name": "ann"}))
    assert done.value == {"http_status": 200}
    create = steps.send(done)
    assert mine.request(create).headers == {"Authorization": "Bearer t0k"}
    assert "t0k" not in str(create.args)
    answer = Answer(201, {"items": [{"id": "a1"}]}, headers={"location": "/loans/a1", "date": "x"})
    made = mine.classify(create, answer)
    assert made.value["response_headers"] == {"location": "/loans/a1"}
    assert mine.request(steps.send(made)).path == "/loans/a1"


def test_a_journey_without_a_token_ends(target: Callable[..., Any]) -> None:
    """Nobody asks for more than he may."""
    mine = target()
    steps = mine.journeys["borrow"].steps(0, Seed(1).stream("x"))
    refused = mine.classify(next(steps), Answer(403))
    with pytest.raises(StopIteration):
        steps.send(refused)


def test_texts_and_passwords(target: Callable[..., Any]) -> None:
    """A text is sent as it is written, under the type that a header names; RFC 7617 for a name."""
    mine = target()
    steps = mine.journeys["ask"].steps(7, Seed(1).stream("x"))
    note = next(steps)
    asked = mine.request(note)
    assert (asked.text, asked.headers) == ("hello 7", {"Content-Type": "text/markdown"})
    admin = steps.send(mine.classify(note, Answer(200)))
    assert mine.request(admin).headers == {"Authorization": "Basic b3BzOnMzY3JldA=="}


def test_the_last_reads_log_in_once_a_user(target: Callable[..., Any]) -> None:
    """First the logins that are missing, then one read of each thing, each as its own user."""
    mine = target()
    events = []
    for number in (0, 1, 2):
        at: dict[str, Any] = {
            "p": f"borrow/{number}",
            "f": "create",
            "k": f"borrow-{number}.0",
            "src": "client",
        }
        value = {"items": [{"id": f"a{number}"}]}
        events += [
            Event(i=2 * number, t=number, type="invoke", v={"number": number, "amount": 5}, **at),
            Event(i=2 * number + 1, t=number, type="ok", v=value, **at),
        ]
    history = History(events)
    logins = mine.final_reads(history)
    assert [call.f for call in logins] == ["log_in", "log_in"]
    for call, token in zip(logins, ("ann's", "bob's"), strict=True):
        mine.classify(call, Answer(200, {"auth": {"token": token}}))
    reads = mine.final_reads(history)
    assert [mine.request(call).path for call in reads] == ["/loans/a0", "/loans/a1", "/loans/a2"]
    assert [mine.request(call).headers["Authorization"] for call in reads] == [
        "Bearer ann's", "Bearer bob's", "Bearer ann's",
    ]  # fmt: skip


def test_a_session_is_a_cookie_and_a_redirection_an_acknowledgement(
    target: Callable[..., Any],
) -> None:
    """As forms for people answer; the cookie goes back alone and stands in no file."""
    mine = target(
        ("token: body.auth.token", "cookie: session"),
        ("post: /login", "ok: [302, 303], post: /login"),
    )
    steps = mine.journeys["borrow"].steps(0, Seed(1).stream("x"))
    login = next(steps)
    said = {"set-cookie": "seen=1; Path=/, session=s3cret.1; Max-Age=60; HttpOnly"}
    done = mine.classify(login, Answer(302, {}, headers=said))
    assert (done.outcome, "s3cret" in str(done.value)) == (Outcome.OK, False)
    create = steps.send(done)
    assert mine.request(create).headers["Cookie"] == "session=s3cret.1"
    assert "s3cret" not in str(create.args)
    assert mine.classify(login, Answer(200, {})).outcome is Outcome.INFO
    assert mine.classify(login, Answer(401, {})).outcome is Outcome.FAIL
    again = mine.journeys["borrow"].steps(0, Seed(1).stream("x"))
    none = mine.classify(next(again), Answer(302, {}))
    with pytest.raises(StopIteration):
        again.send(none)


def test_requests_of_somebodys_own_users_are_its_operations(target: Callable[..., Any]) -> None:
    """By method and path; else each thing would be an operation of its own in every report."""
    known = Operations(target(("post: /loans,", 'post: /loans, headers: {Once: "{key}"},')))
    assert known.shown("read") == 'name="read" at a request, or GET /loans/{id}'
    read = known.asked("get", "http://127.0.0.1:9/loans/a%20b", {}, {})
    assert (read.f, read.args) == ("read", {"id": "a b"})
    made = known.asked("POST", "/loans", {"json": {"amount": 5}, "headers": {"Once": "k1"}}, {})
    assert (made.f, made.k, made.args) == ("create", "k1", {"amount": 5})


def test_what_two_operations_tell_of_one_thing_is_compared(target: Callable[..., Any]) -> None:
    """By the name of the thing; what differs is named with both values."""
    checker, told = target().invariants["stays"], []
    made: dict[str, Any] = {"p": "b/0", "f": "create", "k": "b-0.0", "src": "client"}
    read: dict[str, Any] = {"p": "b/0", "f": "read", "k": "b-0.1", "src": "client"}
    for amount in (5, 6):
        history = History([
            Event(i=0, t=0, type="invoke", v={"amount": 5}, **made),
            Event(i=1, t=1, type="ok", v={"items": [{"id": "a"}]}, **made),
            Event(i=2, t=2, type="invoke", v={"id": "a"}, **read),
            Event(i=3, t=3, type="ok", v={"amount": amount}, **read),
        ])  # fmt: skip
        told.append(checker.check(history, None))
    assert [one.validity for one in told] == ["valid", "invalid"]
    assert "amount is 6, args.amount of create was 5" in told[1].first_bad["what"]
    assert checker.check(History([]), None).validity == "unknown"


def test_a_list_is_an_answer(target: Callable[..., Any]) -> None:
    """Its members by number; without what later steps need the journey ends."""
    mine = target(("keep: {id: body.0.id", "keep: {id: body.3.id"))
    steps = mine.journeys["borrow"].steps(0, Seed(1).stream("x"))
    create = steps.send(mine.classify(next(steps), Answer(200, {"auth": {"token": "t"}})))
    done = mine.classify(create, Answer(200, {"items": [{"id": "a"}]}))
    assert done.outcome is Outcome.OK
    with pytest.raises(StopIteration):
        steps.send(done)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("form: {name", "json: {}, form: {name", r"7:3: log_in has json and form"),
        ("auth: {basic", "auth: {bearer: x, basic", r"11:\d+: auth is bearer and basic"),
        ("{login: log_in, token: body.auth.token}}\n  note", "{login: log_inn}}\n  note",
         r"unknown operation 'log_inn'; did you mean 'log_in'"),
        ("{basic: {user: ops,", "{cookie: x, basic: {user: ops,", r"a cookie of which login\?"),
        ("{user.name}", "{user.nam}", r"log_in needs {user.nam}.*data: {users"),
        ("{amount: 5}", '{amount: "{nummer}"}', r"unknown hole 'nummer'; did you mean 'number'"),
        ("${SECRET}", "${UNSET_HERE}", r"11:3: \$\{UNSET_HERE} is not set.*export"),
        ("read: read, with: {id: body.0.id}", "read: read, with: {no: body.0.id}",
         r"read needs {id}, which the answer of create gives"),
        ("equal: {amount: args.amount}", "ledger: x", r"a promise about ledger and of"),
        (", equal: {amount: args.amount}", "", r"what is equal\?"),
        ("of: read, as: create, with: {id: body.0.id}, equal: {amount: args.amount}",
         "sql: select 1", r"there is no database to ask"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(target: Callable[..., Any], old: str, new: str, told: str) -> None:
    """Before anything is started, with its place and what to write."""
    with pytest.raises(ConfigError, match=told):
        target((old, new))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name\n", "1 rows"),
        ("name,password\nann\n", "row 2 has 1 values, the head 2"),
        ("name\n\xff", "cannot be read"),
    ],
)
def test_users_that_are_none(
    target: Callable[..., Any], tmp_path: Path, text: str, told: str
) -> None:
    """The file and what it lacks."""
    (tmp_path / "users.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=rf"users\.csv.*{told}"):
        target()


@pytest.mark.parametrize(
    ("sql", "good"),
    [
        ("select id from loans where note = 'insert into x' and not paid", True),
        ("  with a as (select 1) select * from a;", True),
        ("select updated_at, created_at from loans -- ; delete from loans", True),
        ("insert into loans values (1)", False),
        ("with gone as (delete from loans returning id) select * from gone", False),
        ("select 1; select 2", False),
        ("select * into copy from loans", False),
        ("select * from loans for update", False),
        ("set transaction read write", False),
    ],
)
def test_a_promise_only_reads(target: Callable[..., Any], sql: str, *, good: bool) -> None:
    """What writes is refused before anything is started."""
    changes = (
        ("  mylender:", "  db: {postgres: {}}\n  mylender:"),
        ("of: read, as: create, with: {id: body.0.id}, equal: {amount: args.amount}",
         f'sql: "{sql}"'),
    )  # fmt: skip
    if good:
        assert target(*changes).queries == {"stays": sql}
    else:
        with pytest.raises(ConfigError, match="sql"):
            target(*changes)
