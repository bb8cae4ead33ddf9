"""A first target file out of an OpenAPI document: what can be known, and what cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import ConfigError
from harness.model import Outcome
from harness.rng import Seed
from harness.target import Completion, load_target
from harness.target_file.draft import draft
from harness.target_file.draft_compose import DECIDE
from harness.yaml_source import load_yaml

pytestmark = pytest.mark.unit

API = """\
openapi: 3.1.0
info: {title: Little Loans}
security: [{bearer: []}]
components:
  securitySchemes: {bearer: {type: http, scheme: bearer}}
  schemas:
    Loan: {properties: {id: {type: string}, status: {type: string}}}
    Ask:
      required: [customer, amount_cents, address]
      properties:
        customer: {type: string}
        amount_cents: {type: integer, minimum: 10000, maximum: 90000}
        address: {required: [city], properties: {city: {enum: [Bern, Basel]}}}
        note: {type: string}
paths:
  /health: {get: {responses: {"200": {}}}}
  /loans/{loan-id}: {get: {operationId: readLoan, responses: {"200": {}}}}
  /loans:
    get: {parameters: [{in: query, name: who, required: true}], responses: {"200": {}}}
    post:
      operationId: createLoan
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Ask"}}}}
      responses:
        "201": {content: {application/json: {schema: {$ref: "#/components/schemas/Loan"}}}}
  /branches/{branch}/close: {post: {responses: {"204": {}}}}
"""


@pytest.fixture
def api(tmp_path: Path) -> Path:
    """The document of a little lender."""
    path = tmp_path / "api.yaml"
    path.write_text(API)
    return path


def test_the_file_works_once_it_was_decided_how_the_service_starts(
    api: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is made comes before what reads it, with the values that the document allows."""
    monkeypatch.setenv("API_TOKEN", "t")
    out = tmp_path / "target.yaml"
    assert CliRunner().invoke(
        app, ["init", "target", "--openapi", str(api), "--out", str(out)]
    ).exit_code == 0  # fmt: skip
    with pytest.raises(ConfigError, match=rf"target.yaml:\d+:\d+: command '{DECIDE}' is not there"):
        load_target(str(out))
    out.write_text(out.read_text().replace(DECIDE, "python3"))
    target: Any = load_target(str(out))
    steps = target.journeys["user"].steps(3, Seed(1).stream("x"))
    made = next(steps)
    asked = target.request(made)
    assert (asked.method, asked.path) == ("POST", "/loans")
    assert asked.headers == {"Authorization": "Bearer t"}
    assert asked.body == {
        "customer": "customer-3", "amount_cents": made.args["amount_cents"],
        "address": {"city": "Bern"},
    }  # fmt: skip
    assert 10000 <= made.args["amount_cents"] <= 90000
    assert target.request(steps.send(Completion(Outcome.OK, value={"id": "a7"}))).path == (
        "/loans?who=who-3"
    )
    assert target.request(steps.send(Completion(Outcome.OK))).path == "/loans/a7"


def test_what_no_answer_gives_stands_in_no_journey(api: Path) -> None:
    """The operation is there, and the reason why nobody does it."""
    text = draft(api, "api.yaml")
    assert "post_branches_branch_close:" in text
    assert "# post_branches_branch_close stands in no journey: nothing before it answers with" in (
        text
    )
    assert "do: post_branches_branch_close" not in text


COMPOSE = {
    "services": {
        "loan-api": {
            "image": "acme/loans:1",
            "ports": ["8080:8000/tcp"],
            "environment": {"BANK": "http://bank:9090/v1", "SCORE": "https://score.example.com/x",
                            "DATABASE_URL": "postgres://u:p@db/loans", "LOG": "level:30"},
            "healthcheck": {"test": ["CMD", "curl", "-f", "http://localhost:8000/healthz"]},
        },
        "bank": {"image": "acme/bank:2", "expose": ["9090"]},
        "db": {"image": "docker.io/library/postgres:16", "ports": [{"target": 1}]},
        "worker": {"image": "acme/w", "command": ["--api=http://loan-api:8000"], "ports": None},
    }
}  # fmt: skip


def test_services_of_a_compose_file_are_programs(api: Path) -> None:
    """Who is published and called by nobody is asked; hosts in the environment are calls."""
    text = draft(None, "", (COMPOSE, "docker-compose.yml"))
    assert "entry: loan_api" in text
    assert "Outside of the file, as it mentions them: score.example.com." in text
    api.write_text(text)
    programs = load_yaml(api)["programs"]
    assert programs["loan_api"] == {
        "compose": "docker-compose.yml", "service": "loan-api", "port": 8000,
        "calls": ["bank", "db"], "ready": {"get": "/healthz", "within": "60s"},
    }  # fmt: skip
    assert (programs["bank"]["port"], programs["db"]["port"]) == (9090, 5432)
    assert programs["worker"] == {
        "compose": "docker-compose.yml", "port": DECIDE, "calls": ["loan_api"]
    }  # fmt: skip
    with pytest.raises(ConfigError, match=r"api.yaml:\d+:\d+: programs.worker.port"):
        load_target(str(api))


def test_what_publishes_no_port_is_known_by_those_who_call_it(api: Path) -> None:
    """Nobody calls the front; a port stands where others name the address; a name is a host too."""
    services = {
        "database": {"image": "own/records:1"},
        "front": {"image": "own/front:1", "environment": {
            "DB": "postgresql://u:p@database:5433/x", "BANK": "http://gateway",
            "SELF": "http://localhost:8000"}},
    }  # fmt: skip
    text = draft(None, "", ({"services": services}, "compose.yaml"))
    assert "entry: front" in text
    assert "Outside of the file, as it mentions them: gateway." in text
    api.write_text(text)
    programs = load_yaml(api)["programs"]
    assert (programs["database"]["port"], programs["front"]["port"]) == (5433, DECIDE)


def test_forms_and_the_path_of_the_server_are_taken_over(api: Path) -> None:
    """Every path as the service itself has it."""
    login = """
servers: [{url: "https://lender.example/api/v2/"}]
paths:
  /token: {post: {requestBody: {content: {application/x-www-form-urlencoded:
    {schema: {required: [username], properties: {username: {type: string}}}}}}}}
"""
    api.write_text(API.replace("paths:", login.strip(), 1))
    api.write_text(draft(api, "api.yaml"))
    operations = load_yaml(api)["operations"]
    assert operations["post_token"]["post"] == "/api/v2/token"
    assert operations["post_token"]["form"] == {"username": "{username}"}


def test_a_file_that_is_there_stays_as_it_is(api: Path, tmp_path: Path) -> None:
    """Exit 2, and not a byte written."""
    out = tmp_path / "target.yaml"
    out.write_text("mine")
    result = CliRunner().invoke(app, ["init", "target", "--openapi", str(api), "--out", str(out)])
    assert isinstance(result.exception, ConfigError)
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{type: string}", "3"),
        ("required: [customer, amount_cents, address]", "required: true"),
        ("minimum: 10000", "minimum: many"),
        ("#/components/schemas/Ask", "elsewhere.yaml#/Ask"),
        ('{responses: {"200": {}}}', "null"),
        ("parameters: [{in: query, name: who, required: true}]", "parameters: {who: 1}"),
        ("$ref: \"#/components/schemas/Loan\"", "$ref: \"#/paths\""),
        ("Ask:\n      required", "Ask:\n      $ref: \"#/components/schemas/Ask\"\n      required"),
        ("{bearer: {type: http, scheme: bearer}}", "[bearer]"),
        ("info: {title: Little Loans}", "info: 7"),
        (API[API.index("paths:"):], "paths: {}"),
    ],
)  # fmt: skip
def test_a_damaged_document_gives_what_can_be_known(api: Path, old: str, new: str) -> None:
    """Whatever stands where it should not, no traceback."""
    assert old in API
    api.write_text(API.replace(old, new))
    text = draft(api, "api.yaml")
    api.write_text(text)
    assert load_yaml(api)["operations"]


@pytest.mark.parametrize("text", ["a: 1", "openapi: 3.1.0", "openapi: 3.1.0\npaths: []"])
def test_what_is_no_openapi_document_is_refused(api: Path, text: str) -> None:
    """By its name, with what it should have."""
    api.write_text(text)
    with pytest.raises(ConfigError, match=r"api\.yaml.*no OpenAPI document"):
        draft(api, "api.yaml")
