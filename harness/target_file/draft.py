"""A first target file out of an OpenAPI document: what can be known is written, what a person
must decide is `CHANGE-ME`, which `harness validate` refuses with its line and column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.target_file.document import METHODS
from harness.target_file.openapi import api_of
from harness.target_file.operations import Drafted, drafted, schemes
from harness.target_file.steps import journey
from harness.yaml_source import dump_yaml

DECIDE = "CHANGE-ME"
HEALTH = ("/health", "/healthz", "/ready", "/readyz", "/actuator/health", "/status", "/ping")
HEAD = """\
# Written by `harness init target`; CHANGE-ME is for you to decide.
"""
PROGRAMS = """
# How the service is started; a path counts from this folder. A hole in command: or env: is filled
# by the run: {host} and {port} where it is to listen, {NAME} the address of another program below,
# through a proxy of its own. So a link appears, and faults of links work on it:
#   database: {postgres: {init: [schema.sql], user: lender, database: lender}}
#   gateway:
#     role: payment_gateway
#     stand-in:
#       - {on: POST /v1/payouts, op: create_payout, key: body.loan_id,
#          ledger: {entry: payout, amount: body.amount}, reply: {id: "po_{key}", status: paid}}
"""
OPERATIONS = """
# One request each, from the document; fields that it does not require are left out.
"""
JOURNEYS = """
# What a user does: look through values and order. [low, high] is drawn by the seed.
"""
PROMISES = """
# What must hold, whatever breaks:
# settled-when: {after: create_loan, read: read_loan, until: {status: [active, declined]}}
# promises:
#   answered: {claim: Every acknowledged loan ends., of: create_loan, ends-within: 30s}
#   paid_once: {claim: No loan is paid twice., ledger: gateway, entry: payout, at-most: 1}
"""


def draft(path: Path, shown: str) -> str:
    """The text of a target file.

    Args:
        path: the OpenAPI document.
        shown: its name as the target file is to say it.

    Raises:
        ConfigError: it is no OpenAPI document.
    """
    document = api_of(path)
    operations = list(_operations(document))
    name = _slug(str(_of(document, "info").get("title", ""))) or "service"
    steps, left = journey(operations)
    written = {one.name: one.written for one in operations}
    sections = [
        HEAD,
        f"target: {name.replace('_', '-')}\nentry: {name}\nopenapi: {json.dumps(shown)}\n",
        PROGRAMS,
        dump_yaml({"programs": {name: _program(document)}}),
        OPERATIONS,
        dump_yaml({"operations": written or {"some": {"get": "/"}}}),
        JOURNEYS,
        "".join(f"# {one}\n" for one in left),
        dump_yaml({"journeys": {"user": steps or [{"do": DECIDE}]}}),
        PROMISES,
    ]  # fmt: skip
    return "".join(sections)


def _program(document: Mapping[str, Any]) -> dict[str, Any]:
    ready = next((path for path in HEALTH if "get" in _of(document, "paths", path)), "")
    return {
        "command": [DECIDE],
        "env": {"HOST": "{host}", "PORT": "{port}"},
        "ready": {**({"get": ready} if ready else {}), "within": "60s"},
    }


def _operations(document: Mapping[str, Any]) -> Iterator[Drafted]:
    """Every operation but looks at health, under names that are not taken twice."""
    taken: set[str] = set()
    headers = schemes(document)
    for path in _of(document, "paths"):
        for method in METHODS:
            declared = _of(document, "paths", path, method)
            if not declared or path in HEALTH:
                continue
            wanted = _slug(str(declared.get("operationId", ""))) or _slug(f"{method}_{path}")
            name = wanted
            while name in taken:
                name += "_again"
            taken.add(name)
            yield drafted(document, name, method, str(path), headers)


def _slug(text: str) -> str:
    """`createLoan v2` → `create_loan_v2`."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_0123456789")


def _of(document: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """What stands at a path of keys; {} when it is no mapping."""
    found: Any = document
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
