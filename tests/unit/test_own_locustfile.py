"""A locustfile of one's own: what it records is known before; page and port are guarded."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from harness.asked import Operations
from harness.errors import ConfigError
from harness.load.clocks import ahead_ns
from harness.load.command import TOKEN
from harness.load.keys import page_token
from harness.load.messages import TO_COORDINATOR, hear
from harness.load.page_guard import guard
from harness.prepare import RunRequest, prepare
from harness.recording import recorded
from harness.registry import load_vocabulary
from harness.rng import Seed
from harness.target import Call
from harness.workload import LoadMaker

SUBMITS = 'self.client.post("/v1/applications", json={})\n'


@pytest.fixture
def operations() -> Operations:
    """Of the reference target."""
    return Operations(load_vocabulary().target)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SUBMITS, {"submit"}),
        ('get(f"/v1/borrowers/{one}/limit?x={two}")\n', {"read_limit"}),
        ('post(f"/v1/loans/{loan}/repayments")\n', {"repay"}),
        ('get(url, name="read_loan")\n', {"read_loan"}),
        ("OPERATIONS = ['submit', 'repay']\n", {"submit", "repay"}),
        ('get("/livez")\n', set()),
    ],
)
def test_what_a_file_can_record_is_read_in_it(
    text: str, found: set[str], operations: Operations, tmp_path: Path
) -> None:
    """By name, by path, by a path with parts that are filled in."""
    file = tmp_path / "users.py"
    file.write_text(text, encoding="utf-8")
    assert recorded(file, operations) == found


def test_every_request_of_the_target_is_known_again(operations: Operations) -> None:
    """Sent by somebody else, it is the same operation with the same key and arguments."""
    target = load_vocabulary().target
    calls = [
        Call("submit", "k-1", {"borrower": "b-1", "amount_minor": 5}),
        Call("repay", "k-2", {"loan_id": "loan 9/a", "amount_minor": 5}),
        Call("read_loan", "loan 9/a"),
        Call("read_limit", "b-1"),
        Call("application", "app-1"),
        Call("repayment", "r-1"),
    ]
    for call in calls:
        sent = target.request(call)
        how = {"headers": sent.headers, "json": sent.body}
        asked = operations.asked(sent.method, "http://127.0.0.1:80" + sent.path, how, {})
        assert (asked.f, asked.k, asked.args) == (call.f, call.k, call.args)


def test_a_document_about_what_nobody_records_is_refused(tmp_path: Path) -> None:
    """Place of each invariant, and how the file could do it; nothing is started."""
    file = tmp_path / "users.py"
    file.write_text(SUBMITS + 'get("/v1/borrowers/b/limit")\n', encoding="utf-8")
    maker = LoadMaker(locustfile=str(file), users=2)
    with pytest.raises(ConfigError) as caught:
        prepare(RunRequest("X01", "hardened", "process", Seed(1), tmp_path, maker=maker))
    said = str(caught.value)
    assert "repayment_never_blocked has nothing to look at" in said
    assert "no_double_payout" not in said
    assert "POST /v1/loans/{loan_id}/repayments" in said


def test_the_simulation_takes_no_locust(tmp_path: Path) -> None:
    """Said with the runtimes that do."""
    maker = LoadMaker(workers=2, address="127.0.0.1:1")
    with pytest.raises(ConfigError, match=r"sim makes its load itself.*process"):
        prepare(RunRequest("X01", "hardened", "sim", Seed(1), tmp_path, maker=maker))


def test_a_message_without_the_token_is_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever connects to the port of a load can neither join it nor add to its history."""
    monkeypatch.setenv(TOKEN, "secret")
    listeners: list[Any] = []
    runner = SimpleNamespace(register_message=lambda _, take: listeners.append(take))
    heard: list[str] = []
    hear(runner, TO_COORDINATOR, {"events": lambda who, said: heard.append(who)})
    for who, said in [("a", {}), ("b", {"token": "x"}), ("c", {"token": "secret"}), ("d", None)]:
        data = said if said is None else {"what": "events", **said}
        listeners[0](environment=None, msg=SimpleNamespace(node_id=who, data=data))
    assert heard == ["c"]


def test_the_page_is_for_who_has_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user of the machine, or a page elsewhere, cannot stop the load by it."""
    monkeypatch.setenv(TOKEN, "secret")
    app = Flask("page")
    app.add_url_rule("/stop", view_func=lambda: "stopped")
    guard(SimpleNamespace(app=app, port=8089))
    ours = {"base_url": "http://127.0.0.1:8089"}
    stranger, reader = app.test_client(), app.test_client()
    assert stranger.get("/stop", **ours).status_code == 403
    assert stranger.get("/stop?token=guess", **ours).status_code == 403
    assert stranger.get("/?token=secret", **ours).status_code == 403
    own = f"/?token={page_token('secret')}"  # of the page, not of the load
    assert stranger.get(own, base_url="http://evil.example").status_code == 403
    assert reader.get(own, **ours).status_code == 302
    assert reader.get("/stop", **ours).data == b"stopped"


def test_the_quickest_exchange_tells_the_clock_of_another_machine() -> None:
    """Ahead by 1,000 s; a slow way back on all exchanges but one shifts nothing."""
    now, ways = [0], iter([50, 900, 2, 700, 60, 80, 90, 70])

    def ask(sent_ns: int) -> int:
        now[0] += 1
        theirs = now[0] + 1_000
        now[0] += next(ways)
        return theirs

    assert abs(ahead_ns(ask, lambda: now[0]) - 1_000) <= 1
