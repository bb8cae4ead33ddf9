"""How the command ends when something else than the system under test goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import pytest

from harness.cli.endings import launch
from harness.cli.main import app
from harness.registry import experiment_files

COMMAND = (sys.executable, "-m", "harness")
RUN = ("run", "X01", "--runtime", "sim", "--seed", "3")
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}


def harness(
    folder: Path,
    *words: str,
    stdout: int | IO[Any] = subprocess.PIPE,
    stderr: int | IO[Any] = subprocess.PIPE,
    shell: str = "",
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """The command in a folder of its own; `shell` is what a shell does around it."""
    command = ["sh", "-c", shell, "sh", *COMMAND, *words] if shell else [*COMMAND, *words]
    own = {"HARNESS_CACHE": str(folder / "cache"), "PATH": os.environ["PATH"]}
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        command,
        cwd=folder,
        env={**own, "PYTHONPATH": root, **(environment or {})},
        stdout=stdout,
        stderr=stderr,
        text=True,
        timeout=120,
        check=False,
    )


def verdict(folder: Path) -> dict[str, Any]:
    """What the only run left."""
    (path,) = folder.glob("runs/*/latest/verdict.json")
    return dict(json.loads(path.read_text()))


@pytest.mark.parametrize(("design", "code"), [("hardened", 0), ("naive", 1)])
@pytest.mark.parametrize("where", [">/dev/full", ">&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full"])
def test_printing_never_changes_a_verdict(
    tmp_path: Path, design: str, code: int, where: str
) -> None:
    """A full or closed stdout is no weakness of the service, and hides none."""
    done = harness(tmp_path, *RUN, "--design", design, shell=f'"$@" {where}')
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert verdict(tmp_path)["exit_code"] == code


def test_a_reader_that_goes_away_ends_nothing(tmp_path: Path) -> None:
    """`| head -1`: the run goes on to its end, undoes its fault, writes it down; then 141."""
    read, write = os.pipe()
    os.close(read)
    with open(write, "w") as pipe:
        done = harness(tmp_path, *RUN, stdout=pipe, stderr=pipe)
    assert done.returncode == 141
    assert verdict(tmp_path)["verdict"] == "pass"


@pytest.mark.parametrize(
    "words", [("list",), ("explain", "latency"), ("runs", "list"), ("run", "--help")]
)
def test_what_is_only_printed_must_be_printed(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A list that nobody got is no success; nor is it a weakness."""
    with open("/dev/full", "w") as full:
        done = harness(tmp_path, *words, stdout=full)
    assert done.returncode == 4
    assert "No space left on device" in done.stderr


def test_a_title_that_the_locale_does_not_have(tmp_path: Path) -> None:
    """In an ASCII locale the letter stands there as an escape; the files keep it."""
    text = experiment_files()["x01_payment_reply_lost"].read_text()
    mine = tmp_path / "\u00e9.yaml"
    mine.write_text(text.replace("title: Payment", "title: \u00e9\u8fd4 Payment", 1))
    words = ("run", mine.name, "--runtime", "sim", "--seed", "3")
    done = harness(tmp_path, *words, environment=ASCII)
    assert done.returncode == 0, done.stderr
    assert "\\xe9\\u8fd4 Payment" in done.stdout
    assert verdict(tmp_path)["title"].startswith("\u00e9\u8fd4")


def test_a_full_disk_is_an_error_after_everything_was_undone(tmp_path: Path) -> None:
    """The history is the evidence: a run that cannot write it has no verdict."""
    done = harness(tmp_path, *RUN, shell='ulimit -f 100; "$@"')
    assert done.returncode == 4
    assert "the history cannot be written" in done.stdout
    assert "every fault undone" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("run", "X01", "--runtime", "sim", "--seed", "-1"),
        ("demo", "--seed", "4294967296"),
        ("explore", "--workers", "100000"),
        ("explore", "--workers", "0"),
        ("explore", "--faults", "7"),
        ("explore", "--budget", "0s"),
        ("explore", "--budget", "25h"),
        ("explore", "--budget", "nan"),
        ("explore", "--journey", ".."),
        ("explore", *["--journey", "consumer"] * 11),
        ("run", "x" * 300),
        ("run", "X01", "--runtime", "sim", "--runs", "/dev/null"),
        ("run", "X01", "--runtime", "sim", "--var", "x=1"),
        ("self-test", "--seeds", "-1"),
        ("self-test", "--workers", "65"),
        ("run", "X01", "--output", "xml"),
        ("run",),
        ("nonsense",),
        (),
    ],
)
def test_words_out_of_bounds_are_refused(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """A typing error must not jam the machine, nor look like a finding."""
    code = launch(lambda: app(list(words), standalone_mode=False), words)
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert 0 < len(err) < 5000
    assert "Traceback" not in err


@pytest.mark.parametrize("words", [("run", "X0"), ("run", "X01", "--seed", "x"), ("report", "no")])
def test_an_error_is_json_where_json_was_asked_for(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A script reads one format, also when there is no result."""
    done = harness(tmp_path, *words, "--output", "json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["exit_code"]) == (2, 2)
    assert {"message", "file", "line", "column", "allowed", "remedy"} == set(told["problems"][0])
