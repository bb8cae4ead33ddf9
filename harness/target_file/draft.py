"""A first target file out of an OpenAPI document, a compose file or both: what can be known is
written, what a person must decide is `CHANGE-ME`, which `harness validate` refuses with its line
and column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.json_types import JsonDict, JsonObject
from harness.target_file.document import METHODS
from harness.target_file.draft_compose import DECIDE, programs_of
from harness.target_file.openapi import api_of, base_paths
from harness.target_file.operations import Drafted, drafted, schemes
from harness.target_file.steps import journey
from harness.yaml_source import dump_yaml

Composed = tuple[JsonObject, str]
ASK = "ask"  # an operation, where nothing is known of any
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
COMPOSED = """
# Services of the compose file; a run has no others of it, so leave out what no user notices.
# port: at which it listens in its container. calls: whom it knows by name; each is a link, through
# a proxy of the run, and its configuration stays. A third party may be a stand-in in place of what
# the file has:
#   bank:
#     port: 80
#     stand-in:
#       - {on: POST /v1/payouts, op: create_payout, key: body.loan_id,
#          ledger: {entry: payout, amount: body.amount}, reply: {id: "po_{key}", status: paid}}
"""
OTHERS = "# Outside of the file, as it mentions them: {}. A run must not reach them: stand-ins.\n"
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


def draft(path: Path | None, shown: str, composed: Composed | None = None) -> str:
    """The text of a target file.

    Args:
        path: the OpenAPI document; None for none.
        shown: its name as the target file is to say it.
        composed: what compose tells of a compose file, with the file's name likewise.

    Raises:
        ConfigError: it is no OpenAPI document.
    """
    document = api_of(path) if path else {}
    operations = list(_operations(document))
    steps, left = journey(operations)
    written = {one.name: one.written for one in operations}
    sections = [
        HEAD,
        *_programs(document, shown, composed),
        OPERATIONS,
        dump_yaml({"operations": written or {ASK: {"get": DECIDE}}}),
        JOURNEYS,
        "".join(f"# {one}\n" for one in left),
        dump_yaml({"journeys": {"user": steps or [{"do": ASK}]}}),
        PROMISES,
    ]  # fmt: skip
    return "".join(sections)


def _programs(document: JsonObject, shown: str, composed: Composed | None) -> Iterator[str]:
    """Name, entry and programs."""
    name = _slug(str(_of(document, "info").get("title", "")))
    if composed:
        programs, entry, others = programs_of(*composed)
        if not programs[entry].get("ready"):
            programs[entry]["ready"] = _program(document)["ready"]
    else:
        entry, others = name or "service", []
        programs = {entry: _program(document)}
    yield f"target: {(name or entry).replace('_', '-').lower()}\nentry: {entry}\n"
    yield f"openapi: {json.dumps(shown)}\n" if shown else ""
    yield COMPOSED if composed else PROGRAMS
    yield OTHERS.format(", ".join(others)) if others else ""
    yield dump_yaml({"programs": programs})


def _program(document: JsonObject) -> JsonDict:
    ready = next((path for path in HEALTH if "get" in _of(document, "paths", path)), "")
    return {
        "command": [DECIDE],
        "env": {"HOST": "{host}", "PORT": "{port}"},
        "ready": {**({"get": ready} if ready else {}), "within": "60s"},
    }


def _operations(document: JsonObject) -> Iterator[Drafted]:
    """Every operation but looks at health, under names that are not taken twice."""
    taken: set[str] = set()
    headers, (base, *_) = schemes(document), base_paths(document)
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
            one = drafted(document, name, method, str(path), headers)
            way = {**one.written, method: base + one.written[method]}
            yield replace(one, written=way)


def _slug(text: str) -> str:
    """`createLoan v2` → `create_loan_v2`."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_0123456789")


def _of(document: JsonObject, *keys: str) -> JsonObject:
    """What stands at a path of keys; {} when it is no mapping."""
    found: Any = document
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
