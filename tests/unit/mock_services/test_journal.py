"""What a stand-in has done outlives its process, whatever ends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_services.calls import ReplyLost
from mock_services.journal import FileJournal, JournalError, MemoryJournal
from tests.unit.mock_services.asgi import Bench, payout, play

pytestmark = pytest.mark.unit
RESERVE = {"request_id": "r-1", "reference": "app-1", "amount_minor": 500}
SCORE = {
    "application_id": "app-1",
    "borrower": "b-1",
    "segment": "sme",
    "region": "north",
    "amount_minor": 500,
}
ONCE: list[tuple[Any, str, dict[str, Any]]] = [
    ("payment_gateway", "/v1/payouts", payout()),
    ("funding_provider", "/v1/reservations", RESERVE),
    ("risk_engine", "/v1/scores", SCORE),
]


@pytest.mark.parametrize(("kind", "path", "body"), ONCE)
def test_next_life_knows_what_was_done(
    kind: Any, path: str, body: dict[str, Any], tmp_path: Path
) -> None:
    """Same ledger, same answer, no second effect; another body is refused; two epochs."""

    async def scenario() -> None:
        file = tmp_path / "journal.jsonl"
        before = Bench(kind, journal=FileJournal(file))
        first = await before.call("POST", path, body)
        after = Bench(kind, journal=FileJournal(file))
        assert await after.ledger() == await before.ledger()
        assert await after.call("POST", path, body) == first
        assert (await after.call("POST", path, {**body, "amount_minor": 1}))[0] == 409
        document = (await after.control("GET", "/_ledger"))[1]
        assert (len(document["entries"]), len(document["epochs_s"])) == (1, 2)
        assert sum((await after.control("GET", "/_counts"))[1]["calls"].values()) == 3

    play(scenario)


def test_effect_without_its_reply_is_written_before_it() -> None:
    """A gateway that is killed while it answers has paid, and knows it."""

    async def scenario() -> None:
        before = Bench("payment_gateway")
        await before.rules({"op": "create_payout", "effect": "reply_lost"})
        with pytest.raises(ReplyLost):
            await before.call("POST", "/v1/payouts", payout())
        after = Bench("payment_gateway", journal=before.journal)
        assert (await after.call("GET", "/v1/requests/p-1"))[1]["status"] == "SUCCESS"

    play(scenario)


def test_quota_counts_what_earlier_lives_hold() -> None:
    """M5: a restart gives nothing away."""

    async def scenario() -> None:
        before = Bench("funding_provider", quota_minor=800)
        await before.call("POST", "/v1/reservations", RESERVE)
        await before.call("POST", "/v1/reservations/r-1/commit")
        after = Bench("funding_provider", quota_minor=800, journal=before.journal)
        status, _ = await after.call("POST", "/v1/reservations", {**RESERVE, "request_id": "r-2"})
        assert status == 409
        _, quota = await after.call("GET", "/v1/quota")
        assert quota == {"quota_minor": 800, "reserved_minor": 0, "committed_minor": 500}

    play(scenario)


@pytest.mark.parametrize("acknowledged", [True, False])
def test_callbacks_of_earlier_lives_are_still_sent(acknowledged: bool) -> None:
    """One that was not acknowledged before the end comes after it; no other comes again."""

    async def scenario() -> None:
        before = Bench("payment_gateway")
        await before.call("POST", "/v1/payouts", payout())
        if acknowledged:
            await before.clock.advance(1)
        after = Bench("payment_gateway", journal=before.journal)
        await after.clock.advance(1)
        assert [told["status"] for told in after.callbacks] == ["SUCCESS"] * (not acknowledged)

    play(scenario)


def test_payment_that_was_under_way_comes_to_its_end() -> None:
    """PROCESSING at the crash, SUCCESS when it is due."""

    async def scenario() -> None:
        before = Bench("payment_gateway")
        args = {"delay_s": 5.0}
        await before.rules({"op": "create_payout", "effect": "processing", "args": args})
        await before.call("POST", "/v1/payouts", payout())
        after = Bench("payment_gateway", journal=before.journal)
        await after.clock.advance(4.9)
        assert [entry["status"] for entry in await after.ledger()] == ["PROCESSING"]
        await after.clock.advance(0.2)
        assert [entry["status"] for entry in await after.ledger()] == ["PROCESSING", "SUCCESS"]

    play(scenario)


def test_rules_and_their_hits_outlast_a_restart() -> None:
    """A fault is active until it is undone: the first two calls go wrong, not two a life."""

    async def scenario() -> None:
        before = Bench("payment_gateway")
        await before.rules({"op": "create_payout", "effect": "error", "last": 2})
        await before.call("POST", "/v1/payouts", payout())
        after = Bench("payment_gateway", journal=before.journal)
        seen = [(await after.call("POST", "/v1/payouts", payout()))[0] for _ in range(2)]
        assert seen == [503, 200]
        assert (await after.control("GET", "/_counts"))[1]["rules"] == {"r0": 2}

    play(scenario)


def test_torn_last_record_is_dropped_and_told(tmp_path: Path) -> None:
    """A process killed in the middle of a write; the next record is whole again."""
    file = tmp_path / "journal.jsonl"
    FileJournal(file).append({"state": {"call": "inquire"}})
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"entry": {"i": 0, "am')
    journal = FileJournal(file)
    assert (journal.torn, journal.records()) == (1, [{"state": {"call": "inquire"}}])
    assert file.read_bytes() == whole
    journal.append({"state": {"call": "inquire"}})
    assert len(FileJournal(file).records()) == 2


@pytest.mark.parametrize("line", [b"{]", b"\x00\x00", b"[1]", b'"text"'])
def test_journal_that_is_broken_in_the_middle_is_refused(line: bytes, tmp_path: Path) -> None:
    """Nothing is believed of it; the message says where."""
    file = tmp_path / "journal.jsonl"
    file.write_bytes(b'{"epoch_s":0.0}\n' + line + b'\n{"epoch_s":1.0}\n')
    with pytest.raises(JournalError, match=r"journal\.jsonl:2: not a record"):
        FileJournal(file)


def test_memory_journal_keeps_what_the_disk_of_a_simulation_keeps() -> None:
    """Whoever holds the list holds the journal."""
    disk: list[dict[str, Any]] = []
    MemoryJournal(disk).append({"epoch_s": 0.0})
    assert MemoryJournal(disk).records() == [{"epoch_s": 0.0}]
