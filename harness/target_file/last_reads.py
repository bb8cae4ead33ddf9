"""What is read at the end of a run: each thing that was acknowledged, by whoever may read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.history import History
from harness.json_types import JsonDict, JsonObject
from harness.model import Op, Outcome
from harness.target import Call
from harness.target_file.asking import said_token
from harness.target_file.document import Settled, TargetDocument
from harness.target_file.holes import exchange, selected
from harness.target_file.journeys import call_of, fits, login_call, login_of, user_values

Who = tuple[tuple[str, Any], ...]


class Reader:
    """The last reads of a target.

    Args:
        told: the file.
        users: a row of values for each user.
    """

    def __init__(self, told: TargetDocument, users: Sequence[Mapping[str, str]]) -> None:
        """Nobody has logged in yet."""
        self._told, self._users = told, users
        self._tokens: dict[Who, str] = {}
        self._made: dict[str, JsonObject] = {}

    def token_of(self, login: str, told: JsonObject) -> str:
        """Where the answer of a login has its token; "" when it has none."""
        for operation in self._told.operations.values():
            if operation.auth and operation.auth.login == login:
                return said_token(operation.auth, told)
        return ""

    def keep(self, call: Call, token: str) -> None:
        """Remember the token of whoever logged in."""
        if token:
            self._tokens[_who(call)] = token

    def calls(self, history: History) -> list[Call]:
        """One read of each thing that was acknowledged; first the logins that they need."""
        settled = self._told.settled_when
        if settled is None:
            return []
        acknowledged = list(history.ops(settled.after, outcome=Outcome.OK))
        return [*self._missing_logins(acknowledged)] or [*map(self._read, acknowledged)]

    def ended(self, read: str, answer: JsonObject) -> bool:
        """Whether what was read has come to its end.

        Args:
            read: operation and key.
        """
        settled, made = self._told.settled_when, self._made.get(read)
        if settled is None or made is None:
            return False
        return has_ended(settled, answer, made)

    def _missing_logins(self, acknowledged: Sequence[Op]) -> Iterator[Call]:
        asked: set[Who] = set()
        for op in acknowledged:
            call = self._login(op)
            if call and (who := _who(call)) not in self._tokens and who not in asked:
                asked.add(who)
                yield call

    def _login(self, op: Op) -> Call | None:
        settled = self._told.settled_when
        assert settled
        login = login_of(self._told.operations[settled.read])
        if not login:
            return None
        known = self._known(op)
        return login_call(login, f"last-read-{op.k}", self._told.operations[login], known)

    def _read(self, op: Op) -> Call:
        settled = self._told.settled_when
        assert settled
        made = self._made[f"{settled.read}/{op.k}"] = exchange(op)
        given = {name: selected(of, made) for name, of in settled.with_.items()}
        call, login = self._login(op), {**self._known(op), **given}
        token = self._tokens.get(_who(call), "") if call else ""
        read = call_of(settled.read, self._told.operations[settled.read], login, token)
        return Call(read.f, op.k, {**given, **read.args}, read.private)

    def _known(self, op: Op) -> JsonDict:
        number = op.request.get("number", 0)
        return {**user_values(self._users, number), **op.request, "number": number, "key": op.k}


def has_ended(settled: Settled, answer: JsonObject, made: JsonObject) -> bool:
    """Whether an answer says that it has come to its end.

    Args:
        made: what its acknowledgement said, and what was asked for.
    """
    return fits(_about(settled, answer, made), settled.until)


def _about(settled: Settled, answer: JsonObject, made: JsonObject) -> JsonObject:
    """The answer, or the element of its list that it is about; {} when there is none."""
    if not settled.among:
        return answer
    listed = answer.get("items") if settled.among == "body" else selected(settled.among, answer)
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping) and all(
            selected(field, one) == selected(of, made) for field, of in settled.where.items()
        ):
            return one
    return {}


def _who(call: Call) -> Who:
    """Who logs in: what the login says, but for what is new in every one."""
    said = sorted((name, str(value)) for name, value in call.private.items() if name != "key")
    return (("login", call.f), *said)
