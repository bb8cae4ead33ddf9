"""The published contract and the service say the same; the same seed tells the same story."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import Any

import msgspec
import yaml

from lending_service.domain import AppState
from tests.unit.lending_service.world import ROOT, World, design, in_world

CONTRACT = yaml.safe_load((ROOT / "lending_service" / "openapi.yaml").read_text(encoding="utf-8"))


def test_every_operation_of_the_contract_is_served_and_no_other() -> None:
    """Contract first: paths and methods are equal on both sides."""
    promised = {
        (method.upper(), path) for path, methods in CONTRACT["paths"].items() for method in methods
    }
    asgi: Any = World(design("hardened")).service.asgi
    served = {
        (method, route.path)
        for route in asgi.routes
        for method in route.methods
        if method != "HEAD"
    }
    assert served == promised


def test_every_state_of_an_application_is_in_the_contract() -> None:
    """A client that follows the contract meets no state that it does not know."""
    assert CONTRACT["components"]["schemas"]["State"]["enum"] == [s.value for s in AppState]


def test_replies_carry_the_fields_of_the_contract() -> None:
    """Field by field, for each view."""
    schemas = CONTRACT["components"]["schemas"]

    def fields(name: str) -> list[str]:
        parts = schemas[name].get("allOf", [schemas[name]])
        found: list[str] = []
        for part in parts:
            found += part.get("required", [])
            found += fields(part["$ref"].rsplit("/", 1)[1]) if "$ref" in part else []
        return sorted(found)

    async def story(world: World) -> None:
        _, submitted = await world.submit()
        _, accepted = await world.repay()
        await world.clock.pass_s(1.0)
        app = await world.application(submitted["application_id"])
        views = {
            "Submitted": submitted,
            "Accepted": accepted,
            "Application": app,
            "Loan": await world.get(f"/v1/loans/{app['loan_id']}"),
            "Repayment": await world.get(f"/v1/repayments/{accepted['repayment_id']}"),
            "Limit": await world.get("/v1/borrowers/b-0001/limit"),
            "Status": await world.get("/v1/status"),
            "Problem": (await world.call("GET", "/v1/loans/none"))[1],
        }
        for name, view in views.items():
            assert sorted(view) == fields(name), name

    in_world(design("hardened"), story)


def digest() -> str:
    """Of everything that a troubled story did, in order."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "payout"] = "reply_lost"
        world.third.script["risk", "score"] = "error"
        world.third.script["funding_a", "*"] = "request_lost"
        for n in range(20):
            await world.submit(key=f"k{n}", borrower=f"b-000{n % 4}")
            await world.repay(1000, key=f"r{n}")
            await world.clock.pass_s(0.3)
        world.third.script.clear()
        await world.clock.pass_s(30.0)

    third = in_world(design("hardened"), story).third
    return hashlib.sha256(msgspec.json.encode([third.calls, third.ledger])).hexdigest()


def test_same_seed_tells_the_same_story_in_every_process() -> None:
    """Also where strings hash differently: nothing that decides iterates over a set."""
    program = "from tests.unit.lending_service.test_contract import digest; print(digest())"
    digests = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert digests[0] == digests[1] != ""
