"""Stand-ins beyond a list of mappings: https, and mapping files of WireMock."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.runtimes.real.wiring import RealWiring
from tests.unit.target_file.a_target import loader

pytestmark = pytest.mark.unit

TARGET = """\
target: mylender
entry: mylender
programs:
  mylender:
    command: [python3, -m, mylender]
    env: {BANK: "{bank}", SSL_CERT_FILE: "{ca}"}
  bank:
    stand-in:
      tls: true
      hosts: [api.bank.example]
      wiremock: mappings
      add: {pay: {key: body.loan, ledger: {entry: payout, amount: body.amount}}}
operations: {create: {post: /loans}}
journeys: {borrow: [{do: create}]}
"""
PAY = """\
{"name": "pay",
 "request": {"method": "POST", "urlPath": "/v1/payouts",
   "headers": {"X-Env": {"equalTo": "test"}},
   "bodyPatterns": [{"matchesJsonPath": {"expression": "$.to.kind", "equalTo": "iban"}}]},
 "response": {"status": 201, "jsonBody": {"id": "po_1"}}}
"""
WIRING = RealWiring(0, 1, {}, {"bank": ("127.0.0.1", 1), "mylender": ("127.0.0.1", 2)},
                    {"mylender->bank": ("127.0.0.1", 3)}, "", Path("/run"))  # fmt: skip


@pytest.fixture
def target(tmp_path: Path) -> Callable[..., Any]:
    """Loads the file, with some of its text replaced."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings/pay.json").write_text(PAY)
    return loader(tmp_path, TARGET)


def test_mapping_files_of_wiremock_are_mappings(target: Callable[..., Any]) -> None:
    """With what the target file adds to them: whose money it is, and how much."""
    (mapping,) = target().config("bank", WIRING)["options"]["mappings"]
    when = {"header.X-Env": "test", "body.to.kind": "iban"}
    assert (mapping["on"], mapping["op"], mapping["status"], mapping["when"]) == (
        "POST /v1/payouts", "pay", 201, when,
    )  # fmt: skip
    assert mapping["ledger"] == {"entry": "payout", "amount": "body.amount", "decimals": 0}
    assert mapping["reply"] == {"id": "po_1"}


def test_one_with_https_is_called_so_and_its_authority_handed_out(
    target: Callable[..., Any],
) -> None:
    """The same port, through the same link; the name of its host is certified too."""
    mine = target()
    program = mine.program("mylender", WIRING)
    assert program.env == {"BANK": "https://127.0.0.1:3", "SSL_CERT_FILE": "/run/ca.pem"}
    assert mine.config("bank", WIRING)["certificate"] == "/run/tls.pem"
    assert {one.name: one.tls for one in mine.services}["bank"] == ("bank", "api.bank.example")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"method": "POST"', '"method": "ANY"', r"pay.json:2:\d+: method ANY of WireMock is not"),
        ('"equalTo": "test"', '"matches": "t.*"', r"pay.json:3:16: header X-Env by matches"),
        ('"equalTo": "iban"', '"contains": "iban"', r"pay.json:4:\d+: body by matchesJsonPath"),
        ('"status": 201', '"fault": "EMPTY_RESPONSE"', r"pay.json:5:15: response.fault of"),
        ('"name": "pay"', '"scenarioName": "s"', r"pay.json:1:2: scenarioName of WireMock"),
        ('"po_1"', '"{{randomValue}}"', r"pay.json:5:\d+: a response template"),
        ('"urlPath"', '"urlPattern"', r"pay.json:2:\d+: request.urlPattern of WireMock"),
    ],
)
def test_what_is_not_read_is_refused_with_its_place(
    target: Callable[..., Any], tmp_path: Path, old: str, new: str, told: str
) -> None:
    """Nothing of a mapping file is passed over in silence."""
    (tmp_path / "mappings/pay.json").write_text(PAY.replace(old, new))
    assert json.loads(PAY.replace(old, new)), "WireMock would read it"
    with pytest.raises(ConfigError, match=told):
        target()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("wiremock: mappings", "wiremock: nowhere", r"11:17: .*nowhere: no mapping file"),
        ("add: {pay:", "add: {pai:", r"12:\d+: unknown mapping of WireMock 'pai'; did you mean"),
        ("tls: true", "tls: false", r"6:42: \{ca\}: nobody answers by https"),
        ("wiremock: mappings\n", "mappings: []\n", r"a stand-in without mappings"),
    ],
)
def test_what_is_wrong_with_a_stand_in_is_named_with_its_place(
    target: Callable[..., Any], old: str, new: str, told: str
) -> None:
    """Line and column of the target file."""
    with pytest.raises(ConfigError, match=told):
        target((old, new))
