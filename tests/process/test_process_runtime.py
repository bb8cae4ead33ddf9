"""The runtime `process`: starts all or nothing, brings back what was killed, leaves no trace."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from harness.errors import LeftOvers, RuntimeFailure, TargetContractError, UnsupportedFault
from harness.ports import Capability, UndoRecord
from harness.runtimes.process.attach import alive, attach, end_processes
from harness.runtimes.process.runtime import ProcessRuntime
from harness.runtimes.real.loopback import is_free, take_ports
from harness.runtimes.real.procs import identify
from harness.target import Request

from .a_run import TOKEN, a_runtime, in_loop, started
from .trivial_target import BACK, FRONT, FULL, IN, OUT, SMALL, Trivial

RULE = {"id": "r1", "op": "work", "effect": "error"}


def ports_of(runtime: ProcessRuntime) -> list[int]:
    """Every port that the run uses."""
    state = runtime.recovery_state()
    addresses = [state["api"], *(s["address"] for s in state["services"].values())]
    addresses += [link["listen"] for link in state["links"].values()]
    return [int(address.rsplit(":", 1)[1]) for address in addresses]


def test_a_run_starts_answers_and_leaves_nothing(tmp_path: Path) -> None:
    """No process, port or work folder; ports lie below the ephemeral range."""

    async def body() -> None:
        async with started(tmp_path, FULL) as runtime:
            state = runtime.recovery_state()
            answer = await runtime.ask("front", Request("GET", "/livez"))
            assert (answer.status, answer.body["name"]) == (200, "front")
            assert {"toxiproxy", "front", "back", "database"} <= programs(state)
            assert all(20_000 <= port < 32_000 and not is_free(port) for port in ports_of(runtime))
            ports = ports_of(runtime)
        assert alive(state) == []
        assert all(map(is_free, ports))
        assert not runtime.work_dir.exists()

    in_loop(body)


def programs(state: Mapping[str, Any]) -> set[str]:
    """Names of the programs that live."""
    return {line.split(" (")[0] for line in alive(state)}


def test_the_run_is_one_process_group_away_from_ours(tmp_path: Path) -> None:
    """Ctrl-C in the terminal goes to our group alone."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            groups = {os.getpgid(p["pid"]) for p in runtime.recovery_state()["processes"]}
            assert groups == {runtime.recovery_state()["group"]}
            assert groups != {os.getpgid(0)}

    in_loop(body)


def test_no_secret_is_readable_or_on_a_command_line(tmp_path: Path) -> None:
    """Token and password are in files and environments of the run's user alone."""

    async def body() -> None:
        async with started(tmp_path, FULL) as runtime:
            look_for_secrets(runtime.recovery_state())

    in_loop(body)


def look_for_secrets(state: Mapping[str, Any]) -> None:
    """Neither token nor password is where others could read it."""
    folder = Path(state["run_dir"])
    password = (folder / "config" / "pgpass").read_text().strip().rsplit(":", 1)[1]
    lines = [Path(f"/proc/{p['pid']}/cmdline").read_text() for p in state["processes"]]
    for secret in (TOKEN, password):
        assert not any(secret in line for line in lines)
        assert secret not in json.dumps(state)
    private = [folder / "token", folder / "recovery.json", *folder.glob("config/*")]
    assert all(path.stat().st_mode & 0o077 == 0 for path in private)


def test_a_program_that_ends_at_once_fails_the_start_and_ends_the_rest(tmp_path: Path) -> None:
    """The message says which, its exit code and its last words."""

    async def body() -> None:
        runtime = a_runtime(tmp_path, "fails")
        with pytest.raises(RuntimeFailure, match="told to fail") as failure:
            await runtime.start(Trivial((FRONT, BACK), (IN, OUT), fail="front"), {})
        assert "front: awaited GET http://127.0.0.1:" in str(failure.value)
        assert "exit code 1" in str(failure.value)
        assert alive(json.loads((tmp_path / "fails" / "recovery.json").read_text())) == []
        assert await runtime.stop() == []

    in_loop(body)


def test_a_work_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    """An earlier run may still need it."""

    async def body() -> None:
        runtime = a_runtime(tmp_path, "again")
        work = runtime.work_dir
        work.mkdir(parents=True)
        (work / "data").touch()
        with pytest.raises(LeftOvers, match="harness faults clear"):
            await runtime.start(SMALL, {})
        assert (work / "data").exists()
        (work / "data").unlink()
        work.rmdir()

    in_loop(body)


def test_a_killed_service_is_seen_and_started_again(tmp_path: Path) -> None:
    """Another process on the same address; undoing twice starts it once."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            processes = runtime.capability(Capability.PROCESSES)
            record = UndoRecord(Capability.PROCESSES, "back", await processes.healthy("back"))
            before = await processes.observe("back")
            await processes.kill("back")
            during = await processes.observe("back")
            assert (during.canary, during.state["pid"]) == ("refused", None)
            assert not await processes.undone(record)
            await processes.undo(record)
            await processes.ready("back")
            after = await processes.observe("back")
            await processes.undo(record)
            assert await processes.undone(record)
            assert after.canary == "ok"
            assert after.state["pid"] != before.state["pid"]
            assert (await processes.observe("back")).state["pid"] == after.state["pid"]

    in_loop(body)


@pytest.mark.parametrize("service", ["back", "database"])
def test_a_paused_service_is_seen_and_goes_on(tmp_path: Path, service: str) -> None:
    """The same process, stopped with its children and then awake."""

    async def body() -> None:
        async with started(tmp_path, FULL) as runtime:
            processes = runtime.capability(Capability.PROCESSES)
            record = UndoRecord(Capability.PROCESSES, service, await processes.healthy(service))
            await processes.pause(service)
            during = await processes.observe(service)
            assert (during.canary, during.state["proc_state"]) == ("no_reply", "T")
            assert not await processes.undone(record)
            await processes.undo(record)
            assert await processes.undone(record)
            await processes.ready(service)
            after = await processes.observe(service)
            assert (after.canary, after.state["pid"]) == ("ok", during.state["pid"])

    in_loop(body)


def test_a_killed_database_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """It is started again on the same data, with crash recovery, without its stale pid file."""

    async def body() -> None:
        async with started(tmp_path, FULL) as runtime:
            processes = runtime.capability(Capability.PROCESSES)
            record = UndoRecord(Capability.PROCESSES, "database", {"state": "running"})
            await query(runtime, "CREATE TABLE kept AS SELECT 7 AS n")
            await processes.kill("database")
            assert (await processes.observe("database")).canary == "refused"
            await processes.undo(record)
            assert await processes.undone(record)
            await processes.ready("database")
            assert await query(runtime, "SELECT n FROM kept") == 7

    in_loop(body)


async def query(runtime: ProcessRuntime, sql: str) -> object:
    """The first value of a query, asked through the database's link."""
    state = runtime.recovery_state()
    host, port = state["links"]["front->database"]["listen"].split(":")
    passfile = Path(state["run_dir"]) / "config" / "pgpass"
    connection = await asyncpg.connect(
        host=host, port=int(port), user="harness", database="postgres", passfile=str(passfile)
    )
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def test_a_stand_in_is_scripted_in_front_and_put_back(tmp_path: Path) -> None:
    """New rules go before those that are set; undo puts the recorded document back."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            scripts = runtime.capability(Capability.UPSTREAMS)
            await scripts.script("back", [{**RULE, "id": "old"}])
            record = UndoRecord(Capability.UPSTREAMS, "back", await scripts.snapshot("back"))
            await scripts.script("back", [RULE])
            assert [r["id"] for r in (await scripts.snapshot("back"))["rules"]] == ["r1", "old"]
            before = await scripts.observe("back")
            await runtime.ask("back", Request("GET", "/work"))
            seen = await scripts.observe("back")
            assert (seen.since(before, "calls"), seen.since(before, "hits.r1")) == (1, 1)
            assert not await scripts.undone(record)
            await scripts.undo(record)
            assert await scripts.undone(record)

    in_loop(body)


def test_the_behaviour_of_a_paused_stand_in_is_put_back(tmp_path: Path) -> None:
    """It is woken first."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            scripts = runtime.capability(Capability.UPSTREAMS)
            record = UndoRecord(Capability.UPSTREAMS, "back", await scripts.snapshot("back"))
            await scripts.script("back", [RULE])
            await runtime.capability(Capability.PROCESSES).pause("back")
            await scripts.undo(record)
            assert await scripts.undone(record)

    in_loop(body)


def test_what_the_runtime_cannot_do_is_refused_by_name(tmp_path: Path) -> None:
    """The refusal names what there is."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            with pytest.raises(
                UnsupportedFault,
                match="it has links, people, processes, lifecycle, cpu, replication, upstreams",
            ):
                runtime.capability("weather")  # type: ignore[arg-type]  # that is the point
            with pytest.raises(UnsupportedFault, match="no stand-in"):
                await runtime.capability(Capability.UPSTREAMS).script("front", [RULE])
            with pytest.raises(UnsupportedFault, match="it has front, back"):
                await runtime.capability(Capability.PROCESSES).kill("middle")

    in_loop(body)


def test_control_routes_get_the_token_and_others_do_not_need_it(tmp_path: Path) -> None:
    """`ask` reads the counts of a stand-in."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            assert (await runtime.ask("back", Request("GET", "/_counts"))).status == 200
            assert (await runtime.ask("front", Request("GET", "/_counts"))).status == 403
            (tmp_path / "run" / "token").write_text("another")
            with pytest.raises(TargetContractError, match="403"):
                await runtime.capability(Capability.UPSTREAMS).snapshot("back")

    in_loop(body)


def test_two_runs_at_once_do_not_meet(tmp_path: Path) -> None:
    """Ports of their own, and ending one leaves the other as it is."""

    async def body() -> None:
        async with started(tmp_path, SMALL, "one") as one:
            async with started(tmp_path, SMALL, "two") as two:
                assert not set(ports_of(one)) & set(ports_of(two))
            assert (await one.ask("front", Request("GET", "/livez"))).status == 200

    in_loop(body)


def test_a_taken_port_sends_a_run_to_other_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody listens in the block that the run would take first."""
    monkeypatch.setattr("harness.runtimes.real.loopback.fresh_index", lambda count: count // 2)
    first = take_ports(3)
    with socket.create_server(("127.0.0.1", first.ports[1])):
        first.release()
        second = take_ports(3)
        second.release()
    assert not set(first.ports) & set(second.ports)


def test_a_recycled_process_id_is_left_alone() -> None:
    """Id and start time belong together: a signal for an earlier process reaches nobody."""
    with subprocess.Popen(["sleep", "30"]) as child:
        proc = identify(child.pid, "sleep")
        assert proc
        earlier = type(proc)(proc.pid, proc.start_ticks - 1, "sleep")
        earlier.send(signal.SIGKILL)
        assert (earlier.lives, proc.lives) == (False, True)
        proc.send(signal.SIGKILL)
        assert child.wait(5) == -signal.SIGKILL


HARNESS = """
import asyncio, sys
from pathlib import Path
from harness.ports import Capability, Toxic
from tests.process.a_run import a_runtime
from tests.process.trivial_target import FULL

async def main():
    runtime = a_runtime(Path(sys.argv[1]), "killed")
    await runtime.start(FULL, {})
    links = runtime.capability(Capability.LINKS)
    await links.add_toxic("front->back", Toxic("timeout", "downstream", {"timeout": 0}))
    await runtime.capability(Capability.PROCESSES).pause(sys.argv[2])
    print("ready", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("paused", ["back", "database"])
def test_a_run_whose_harness_was_killed_is_healed_and_ended_by_another(
    tmp_path: Path, paused: str
) -> None:
    """From recovery.json alone: the link is undone, then every process ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HARNESS, str(tmp_path), paused], stdout=subprocess.PIPE
    ) as harness:
        assert harness.stdout
        assert harness.stdout.readline() == b"ready\n"
        harness.send_signal(signal.SIGKILL)
    state = json.loads((tmp_path / "killed" / "recovery.json").read_text())
    assert {"toxiproxy", "front", "back", "database"} <= programs(state)
    clean = {"enabled": True, "toxics": []}
    where = {key: state["links"]["front->back"][key] for key in ("upstream", "listen")}

    async def body() -> None:
        attached = await attach(state)
        try:
            for record in (
                UndoRecord(Capability.PROCESSES, paused, {"state": "running"}),
                UndoRecord(Capability.LINKS, "front->back", {**clean, **where}),
            ):
                control = attached.capability(record.capability)
                await control.undo(record)
                assert await control.undone(record)
        finally:
            await attached.close()
        assert end_processes(state) == []

    in_loop(body)
    assert alive(state) == []


def test_a_harness_killed_while_starting_leaves_nothing_unknown(tmp_path: Path) -> None:
    """What was started before the record of it was written is found by its mark."""
    for wait_s in (0.15, 0.3, 0.5):
        with subprocess.Popen([sys.executable, "-c", HARNESS, str(tmp_path), "back"]) as harness:
            record = tmp_path / "killed" / "recovery.json"
            while not record.exists():
                asyncio.run(asyncio.sleep(0.01))
            asyncio.run(asyncio.sleep(wait_s))
            harness.kill()
        state = json.loads(record.read_text())
        assert end_processes(state) == []
        assert alive(state) == []
        record.unlink()
