"""`harness up --runtime process`: the same system as processes of this machine, left standing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import pytest

from harness.runtimes.process.attach import alive
from harness.toolchain import cache_dir

HARNESS = Path(sys.executable).with_name("harness")
OF_A_MOMENT = ("active", "up", "work")


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache with this machine's parts, and nothing that stands or runs."""
    parts = [*cache_dir().iterdir()] if cache_dir().is_dir() else []
    with TemporaryDirectory(prefix="chaos-harness-test-") as folder:
        cache = Path(folder)
        cache.chmod(0o755)  # PostgreSQL runs as another user when we are root
        for part in parts:
            if part.name not in OF_A_MOMENT:
                (cache / part.name).symlink_to(part)
        monkeypatch.setenv("HARNESS_CACHE", folder)
        monkeypatch.setenv("COLUMNS", "200")
        yield cache


def harness(*words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    done = subprocess.run([HARNESS, *words], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def test_it_stands_until_it_is_taken_down(cache: Path) -> None:
    """It answers when the command that started it has ended, and ends with `down`."""
    code, out, err = harness("up", "--runtime", "process", "--design", "naive")
    assert code == 0, out + err
    (record,) = (cache / "up").glob("*/recovery.json")
    state = json.loads(record.read_text())
    try:
        assert code == 0, out + err
        lending = re.search(r"^lending +(\S+) +ok", out, re.MULTILINE)
        assert lending
        with urlopen(f"http://{lending[1]}/readyz", timeout=5) as answer:
            assert answer.status == 200
        code, out, _ = harness("up", "--runtime", "process")
        assert code == 0
        assert "already up: design naive on process" in out
        assert harness("faults", "list")[0] == 0
    finally:
        code, out, err = harness("down")
    assert code == 0, out + err
    assert alive(state) == []
    assert harness("down")[1] == "nothing is up\n"
