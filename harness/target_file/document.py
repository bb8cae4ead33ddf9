"""The file as it is written: every key, and what it may hold."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.json_types import JsonDict
from harness.target_file.fields import Address, HeaderName, HeaderText, Modes, Selector, Text
from harness.units import Duration

Method = Literal["get", "post", "put", "patch", "delete"]
METHODS: tuple[Method, ...] = ("get", "post", "put", "patch", "delete")


Body = JsonDict | list[Any] | bool | int | float | str  # what a stand-in may answer


class Part(BaseModel):
    """A part of the file: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Ready(Part):
    """When a program works: `get` answers 200; without it, when it takes connections."""

    get: str = Field(default="", pattern=r"^(/[\w./?=&%~-]*)?$")
    within: Duration = 20.0


class Postgres(Part):
    """A PostgreSQL of the run's own: scripts that are run once, a role and a database."""

    init: list[str] = []
    user: str = Field(default="", pattern=r"^([a-z_][a-z0-9_]{0,62})?$")
    database: str = Field(default="", pattern=r"^([a-z_][a-z0-9_]{0,62})?$")


class Login(Part):
    """Who asks a PostgreSQL that the run did not make what a promise by `sql` says."""

    user: str = Field(min_length=1)
    password: str = ""
    database: str = ""


class Booking(Part):
    """An entry of a stand-in's ledger; `amount` selects it (`body.amount`): minor units, or with
    `decimals` as it is written (`120.50`)."""

    entry: str = Field(min_length=1)
    amount: str = ""
    decimals: int = Field(default=0, ge=0, le=6)


class Signed(Part):
    """HMAC-SHA256 of a callback's body, hexadecimal, in a header."""

    header: str = Field(pattern=r"^[A-Za-z][\w-]*$")
    secret: str = Field(min_length=1)


class CallbackPart(Part):
    """What a stand-in tells a program later: `to` is a hole with a path, `{mylender}/hooks`."""

    to: str = Field(pattern=r"^\{[A-Za-z_]\w*\}(/\S*)?$")
    body: JsonDict
    declined: JsonDict | None = None
    amount: str = ""
    after: Duration = 1.0
    gaps: list[Duration] = [1.0, 2.0, 4.0]
    sign: Signed | None = None


class Match(Part):
    """One kind of request to a stand-in; see mock_services/mapping.py."""

    on: str = Field(pattern=r"^(GET|POST|PUT|PATCH|DELETE) /\S*$")
    op: str = Field(min_length=1, pattern=r"^[a-z][a-z0-9_]*$")
    key: str = ""
    once_by: str = Field(default="", alias="once-by")
    ledger: Booking | None = None
    status: int = Field(default=200, ge=200, le=599)
    reply: Body = {}
    declined: Body | None = None
    declines: float = Field(default=0.0, ge=0, le=1)
    when: dict[str, str | int | bool] = {}
    callback: CallbackPart | None = None


class StandIn(Part):
    """A third party: its mappings; with `tls` it answers by https, also under other `hosts`.

    Args:
        wiremock: a folder with mapping files, read before this is.
        add: op of such a mapping -> what else it says: key, ledger, ...
    """

    mappings: list[Match] = []
    wiremock: str = ""
    add: dict[str, JsonDict] = {}
    tls: bool = False
    hosts: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9*][A-Za-z0-9.-]*$")]] = []


class Toxiproxy(Part):
    """A Toxiproxy that stands already: link -> name of a proxy, or a configuration of its."""

    running: Address
    token: str = ""
    links: dict[str, str] | str = Field(min_length=1)


class Program(Part):
    """One program: a command, a PostgreSQL, a stand-in, one that stands already, or a service of a
    compose file, which listens at `port` in its container.

    Args:
        asgi: `lender.py:simulated`, a function that builds it in process, for the runtime sim.
        tcp: where something stands already that does not speak HTTP: a broker, a database.
        calls: programs that a service knows by the names of its compose file: it reaches their
            proxies under these.
        sql: how a promise asks it, where it is a PostgreSQL that the run does not make.
    """

    command: list[str] | None = Field(default=None, min_length=1)
    asgi: str = Field(default="", pattern=r"^([\w./-]+\.py:[A-Za-z_]\w*)?$")
    cwd: str = "."
    env: dict[str, Text] = {}
    ready: Ready = Ready()
    postgres: Postgres | None = None
    stand_in: StandIn | None = Field(default=None, alias="stand-in")
    running: Address | None = None
    tcp: Address | None = None
    compose: str | None = Field(default=None, min_length=1)
    service: str = ""
    port: int = Field(default=0, ge=0, le=65535)
    calls: list[str] = []
    sql: Login | None = None
    role: str = Field(default="", pattern=r"^([a-z][a-z0-9_]*)?$")

    @property
    def kinds(self) -> list[str]:
        """What it says that it is; one is right."""
        given = {
            "command": self.command is not None or bool(self.asgi),
            "postgres": self.postgres is not None,
            "stand-in": self.stand_in is not None,
            "running": self.running is not None,
            "tcp": self.tcp is not None,
            "compose": self.compose is not None,
        }
        return [name for name, there in given.items() if there]


class Basic(Part):
    """A name and a password, as RFC 7617 sends them."""

    user: str
    password: str = ""


class Auth(Part):
    """Who asks: a token, a name with its password, or an operation that answers with a token.

    Args:
        login: done once a journey, before the first operation that needs it.
        token: where its answer has the token.
        cookie: the one that it sets instead, by name; sent back as such.
    """

    bearer: str = ""
    basic: Basic | None = None
    login: str = ""
    token: str = "body.token"
    cookie: str = Field(default="", pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]*$")

    @property
    def kinds(self) -> list[str]:
        """What it says; one is right."""
        given = {"bearer": self.bearer, "basic": self.basic, "login": self.login}
        return [name for name, there in given.items() if there]


class Operation(Part):
    """One request of the load: a method with its path, a body, headers, who asks, and at which
    program; the entry, where it does not say."""

    get: str | None = None
    post: str | None = None
    put: str | None = None
    patch: str | None = None
    delete: str | None = None
    json_: JsonDict | list[Any] | None = Field(default=None, alias="json")
    form: dict[str, str | int | float | bool] | None = None
    body: str | None = None
    auth: Auth | None = None
    headers: dict[HeaderName, HeaderText] = {}
    key: str = ""
    timeout: Duration = 5.0
    at: str = ""
    ok: list[Annotated[int, Field(ge=200, le=399)]] = []  # in place of 2xx

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Methods with their paths; one is right."""
        found = ((name, getattr(self, name)) for name in METHODS)
        return [(name.upper(), path) for name, path in found if path is not None]

    @property
    def bodies(self) -> list[str]:
        """How its body is written; one at most is right."""
        given = {"json": self.json_, "form": self.form, "body": self.body}
        return [name for name, there in given.items() if there is not None]

    @property
    def texts(self) -> JsonDict:
        """Everything of it that may have holes."""
        way = [path for _, path in self.asked]
        auth = self.auth.model_dump(include={"bearer", "basic"}) if self.auth else {}
        bodies = [self.json_ or {}, self.form or {}, self.body or ""]
        return {"way": way, "body": bodies, "headers": self.headers, "auth": auth, "key": self.key}


class StepPart(Part):
    """A step of a journey: an operation, up to `again` more times, each `after` the last, while
    nobody knows whether it was done; or a wait."""

    do: str = ""
    with_: JsonDict = Field(default={}, alias="with")
    keep: dict[str, Selector] = {}
    go_on_if: dict[Selector, Any] = Field(default={}, alias="go-on-if")
    again: int = Field(default=0, ge=0, le=10)
    after: Duration = 1.0
    wait: Duration | None = None


class Settled(Part):
    """What is read at the end of what was acknowledged, and what it should have become.

    Args:
        among: where the answer has a list, in which `where` finds the one that it is about: field
            of an element -> what the acknowledgement said, as in `with`.
    """

    after: str
    read: str
    with_: dict[str, str] = Field(default={"id": "body.id"}, alias="with")
    among: str = ""
    where: dict[str, str] = {"id": "body.id"}
    until: dict[str, list[Any] | str | int | bool] = Field(min_length=1)


class Promise(Part):
    """An invariant: entries of a ledger by key, the end of what was acknowledged, values that two
    operations tell alike, or the rows of a query `at` a database."""

    claim: str = Field(min_length=1)
    ledger: str = ""
    entry: str = ""
    at_most: int | None = Field(default=None, alias="at-most", ge=0)
    exactly: int | None = Field(default=None, ge=0)
    of: str = ""
    ends_within: Duration | None = Field(default=None, alias="ends-within")
    as_: str = Field(default="", alias="as")
    with_: dict[str, str] = Field(default={"id": "body.id"}, alias="with")
    equal: dict[str, str] = {}
    sql: str = ""
    at: str = ""
    rows: int = Field(default=0, ge=0)


class Data(Part):
    """Files with values: of `users`, CSV with a head and a row a user, come `{user.<column>}`."""

    users: str = ""


class TargetDocument(Part):
    """The whole file."""

    target: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    entry: str
    programs: dict[str, Program] = Field(min_length=1)
    toxiproxy: Toxiproxy | None = None
    allow: dict[str, Annotated[str, Field(pattern=r"^[a-zA-Z0-9][\w.-]*$")]] = {}
    openapi: str = ""
    operations: dict[str, Operation] = Field(min_length=1)
    journeys: dict[str, list[StepPart]] = Field(min_length=1)
    settled_when: Settled | None = Field(default=None, alias="settled-when")
    promises: dict[str, Promise] = {}
    design: dict[str, str | int | float | bool] = {}
    data: Data = Data()
    degradation: dict[str, dict[str, dict[Literal["one", "all"], Modes]]] = {}
    include: list[str] = []
