"""From an operation and its values to a request: path, body, headers, who asks."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from harness.json_types import JsonObject
from harness.target import Call, Request
from harness.target_file.document import Auth, Operation
from harness.target_file.holes import all_with_environment, filled, selected, with_environment

TOKEN = "token of the login"  # noqa: S105 - the name of a value; no hole can be called so
FORM = "application/x-www-form-urlencoded"
TEXT = "text/plain; charset=utf-8"


def request_of(operation: Operation, call: Call) -> Request:
    """How an operation is asked for; `${NAME}` comes from the caller's environment."""
    values = {**call.args, **call.private}

    def value_of(hole: str) -> Any:
        if hole in values:
            return values[hole]
        try:  # whoever asks for the pattern of a request has a mark for everything
            return call.k if hole == "key" else call.args[hole]
        except KeyError:
            return ""

    def text_of(text: str) -> str:
        return str(filled(with_environment(text, os.environ), value_of))

    method, way = operation.asked[0]
    path = str(filled(way, lambda hole: quote(str(value_of(hole)), safe="")))
    headers = {name: text_of(text) for name, text in operation.headers.items()}
    if operation.auth and operation.auth.cookie:
        sent = f"{operation.auth.cookie}={values.get(TOKEN, '')}"
        headers["Cookie"] = f"{headers['Cookie']}; {sent}" if "Cookie" in headers else sent
    elif operation.auth:
        headers["Authorization"] = _credentials(operation.auth, values, text_of)
    if operation.form is not None:
        form = {name: text_of(str(value)) for name, value in operation.form.items()}
        return _texted(method, path, headers, urlencode(form), FORM, operation)
    if operation.body is not None:
        return _texted(method, path, headers, text_of(operation.body), TEXT, operation)
    told = all_with_environment(operation.json_, os.environ)
    body = None if told is None else filled(told, value_of)
    return Request(method, path, headers, body, operation.timeout, None, operation.at)


def said_token(auth: Auth, told: JsonObject) -> str:
    """What the answer of a login gives to whoever asks next; "" when it gives nothing."""
    if not auth.cookie:
        return str(selected(auth.token, told) or "")
    said = str(selected("header.set-cookie", told) or "")
    found = re.search(rf"(?:^|[,;]\s*){re.escape(auth.cookie)}=([^;,]*)", said)
    return found[1] if found else ""


def _texted(
    method: str, path: str, headers: Mapping[str, str], text: str, kind: str, operation: Operation
) -> Request:
    """A request with a text; a `Content-Type` of its own stays."""
    named = any(name.lower() == "content-type" for name in headers)
    all_ = headers if named else {"Content-Type": kind, **headers}
    return Request(method, path, all_, None, operation.timeout, text, operation.at)


def _credentials(auth: Auth, values: JsonObject, text_of: Callable[[str], str]) -> str:
    if auth.basic:
        pair = f"{text_of(auth.basic.user)}:{text_of(auth.basic.password)}"
        return "Basic " + b64encode(pair.encode()).decode()
    return "Bearer " + (text_of(auth.bearer) if auth.bearer else str(values.get(TOKEN, "")))
