"""Failover by Patroni on real parts; skipped where Patroni or etcd is missing."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from bench.kills import HARNESS
from harness.document import find_experiment
from harness.model import RunVerdict
from harness.prepare import RunRequest, prepare
from harness.rng import Seed
from harness.runtimes.process.manager import part_command
from harness.runtimes.process.tools import RunAsUser
from harness.runtimes.real.document import RunFolders
from harness.runtimes.real.listeners import listening
from harness.runtimes.real.loopback import take_ports
from harness.session import run
from harness.store import RUN
from harness.target import ServiceSpec
from harness.toolchain import Missing, Part, find_etcd, find_patroni
from harness.undo.recovery import RECOVERY
from tests.process.test_undo import processes, until

MISSING = [part for part in (find_patroni(), find_etcd()) if isinstance(part, Missing)]
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(bool(MISSING), reason="; ".join(f"{p.name}: {p.remedy}" for p in MISSING)),
]
DESIGN = "hardened_patroni"
LISTEN = "0A"  # of /proc/net/tcp
ALONE = {
    "a node is lost": ("26s", "patroni", "database"),
    "what decides is lost": ("12s", "etcd"),
}
"""What is broken -> how long, and which programs are killed."""
ASYNCHRONOUS = (
    ('synchronous_mode: "on"', 'synchronous_mode: "off"'),
    ("synchronous_commit: remote_apply", "synchronous_commit: local"),
)
"""As many have it: a standby that may be behind is promoted all the same."""


def design(tmp_path: Path, *changes: tuple[str, str]) -> str:
    """The hardened design with some choices replaced."""
    text = Path("chaos/designs", f"{DESIGN}.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "design.yaml").write_text(text)
    return str(tmp_path / "design.yaml")


def test_nothing_is_left_of_patroni_once_the_harness_is_killed(tmp_path: Path) -> None:
    """Patroni starts a PostgreSQL that ends: it must be ended first, and its user is not ours."""
    command = [HARNESS, "run", "X42", "--runs", str(tmp_path), "--runtime", "process"]
    harness = subprocess.Popen(
        [*command, "--topology", "two-regions", "--design", DESIGN],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
    )

    def alive() -> str:
        found = [one.parent for one in tmp_path.glob(f"*/20*/{RECOVERY}")]
        return " ".join(processes(found[0])) if found else ""

    wanted = ("etcd ", "patroni ", "patroni_b ", "database ", "database_b ")
    try:
        assert until(lambda: all(one in alive() for one in wanted) or harness.poll() is not None)
        assert harness.poll() is None
    finally:
        harness.send_signal(signal.SIGKILL)
        harness.wait()
    (folder,) = [one.parent for one in tmp_path.glob(f"*/20*/{RUN}")]
    assert until(lambda: not processes(folder)), processes(folder)


@pytest.mark.nightly
@pytest.mark.parametrize("experiment", ["X42", "X43"])
def test_a_standby_that_may_be_behind_is_told_from_one_that_may_not(
    experiment: str, tmp_path: Path
) -> None:
    """What was acknowledged is kept by a synchronous cluster, and lost by an asynchronous one."""
    seen = {}
    for name in (DESIGN, design(tmp_path, *ASYNCHRONOUS)):
        order = RunRequest(
            experiment, name, "process", Seed(1), tmp_path, topology="two-regions"
        )  # fmt: skip
        result = run(prepare(order), lambda _: None)
        bad = {one.checker for one in result.verdicts if one.validity.value == "invalid"}
        seen[Path(name).stem] = (result.verdict, "acknowledged_is_kept" in bad)
    assert seen == {DESIGN: (RunVerdict.PASS, False), "design": (RunVerdict.FAIL, True)}


@pytest.mark.nightly
@pytest.mark.parametrize("broken", sorted(ALONE))
def test_promises_are_kept_when_a_node_or_what_decides_is_lost(broken: str, tmp_path: Path) -> None:
    """The standby takes over once the lease is over; without etcd nobody leads until it is back."""
    for_s, *services = ALONE[broken]
    text = find_experiment("X43").read_text(encoding="utf-8")
    steps = [f"  - {{at: 8s, for: {for_s}, fault: crash, service: {one}}}\n" for one in services]
    changes = {
        "  - {at: 8s, for: 4s, fault: split_brain, service: database}\n": "".join(steps),
        "[database]": f"[{', '.join(services)}]",
        "recovery: 5s": "recovery: 15s",
        "recovery: 18s": "recovery: 32s",
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    document = tmp_path / "lost.yaml"
    document.write_text(text)
    order = RunRequest(
        str(document), DESIGN, "process", Seed(1), tmp_path, topology="two-regions"
    )  # fmt: skip
    result = run(prepare(order), lambda _: None)
    assert result.verdict is RunVerdict.PASS, result.reasons


def test_an_etcd_listens_to_its_clients_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its port for peers would take messages of anybody: its peers have no port."""
    found = find_etcd()
    assert isinstance(found, Part)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    block = take_ports(1)
    (port,) = block.ports
    spec, folders = ServiceSpec("etcd", "", "store", part="etcd"), RunFolders("run", tmp_path)
    command = part_command(spec, port, folders, RunAsUser(), {"etcd": found.path})
    with subprocess.Popen(command.argv, cwd=tmp_path, stderr=subprocess.DEVNULL) as etcd:
        try:
            assert until(lambda: bool(listening(port)))
            inodes = {os.readlink(fd) for fd in Path(f"/proc/{etcd.pid}/fd").iterdir()}
            rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
            ours = [row for row in rows if f"socket:[{row[9]}]" in inodes]
            ports = [int(row[1][-4:], 16) for row in ours if row[3] == LISTEN]
            assert ports == [port]
            (peers,) = tmp_path.glob("*.peers")
            assert not peers.stat().st_mode & (stat.S_IWOTH | stat.S_IWGRP)
        finally:
            etcd.kill()
            block.release()
