"""Whatever is raised: one exit code for each kind of ending, never 1."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from harness.cli.console import note, out, out_json, tell_runner
from harness.cli.endings import launch
from harness.ending import Ending
from harness.errors import ConfigError, HealFailed, Problem, RuntimeFailure, shown
from harness.model import RunVerdict
from harness.plugins import target_here
from harness.verdict import Findings

NOTHING = Findings((), (), (), (), 0, {})


def raising(error: BaseException) -> Callable[[], NoReturn]:
    """A command that ends in an error."""

    def command() -> NoReturn:
        raise error

    return command


def recursing() -> Any:
    """A command that does not end."""
    return recursing()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (lambda: 0, 0),
        (lambda: 1, 1),
        (raising(ConfigError("wrong")), 2),
        (raising(RuntimeFailure("broke")), 4),
        (raising(HealFailed("active")), 5),
        (raising(ValueError("x" * 10**6)), 4),
        (raising(MemoryError()), 4),
        (raising(OSError(errno.ENOSPC, "No space left on device", "/cache/x")), 4),
        (raising(OSError(errno.ENAMETOOLONG, "File name too long", "x" * 10**5)), 2),
        (raising(PermissionError(errno.EACCES, "Permission denied", "/cache")), 4),
        (raising(BrokenPipeError(errno.EPIPE, "Broken pipe")), 4),
        (raising(EOFError()), 4),
        (raising(SystemExit("a message")), 4),
        (raising(SystemExit(0)), 4),  # of code that was loaded: neither a pass
        (raising(SystemExit(1)), 4),  # nor a weakness
        (raising(SystemExit(143)), 143),
        (raising(KeyboardInterrupt()), 130),
        (recursing, 4),
    ],
)
def test_an_accident_is_no_weakness(
    capsys: pytest.CaptureFixture[str], command: Callable[[], Any], code: int
) -> None:
    """Exit 1 is left to a broken invariant; an accident fits on a screen, with its place."""
    assert launch(command, ["run"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err) < 2000
    assert "Traceback" not in err
    if code == 4 and "broke" not in err:
        assert "HARNESS_TRACEBACK=1" in err


def test_a_working_folder_that_was_removed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever stands in a folder that is gone reads so, and what to do."""
    monkeypatch.chdir(tmp_path)
    tmp_path.rmdir()
    assert launch(target_here, ["list"]) == 2
    told = "harness: the working folder was removed; try: cd to one that is there\n"
    assert capsys.readouterr().err == told


def test_an_accident_shows_its_traceback_when_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For whoever mends it."""
    monkeypatch.setenv("HARNESS_TRACEBACK", "1")
    launch(raising(ValueError("why")), [])
    assert "Traceback" in capsys.readouterr().err


def test_no_escape_code_of_an_error_reaches_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A file name can hold anything."""
    launch(raising(ConfigError(Problem("\x1b[2J", "\x9b", "\x07"))), [])
    assert capsys.readouterr().err == "harness: \\x9b: \\x1b[2J; allowed: \\x07\n"


@pytest.mark.parametrize("runner", ["GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"])
def test_a_service_gives_no_orders_to_the_runner_of_a_pipeline(
    runner: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it answers is printed: it could annotate lines, or silence what comes after."""
    monkeypatch.setenv(runner, "true")
    orders = "::stop-commands::x", "  ::error file=a.py::forged", "b ##[error]c", "##vso[x]", ":"

    def command() -> int:
        out("\n".join(orders))
        sys.stdout.write("in a line ")
        sys.stdout.write("::notice::is none\n  ")
        sys.stdout.write("::add-mask::a\n")
        out_json({"said": orders[2]})
        note("x\n\n ::error::forged")
        tell_runner("::error::ours\na: 1")
        return 0

    launch(command, [])
    shown, told = capsys.readouterr()
    lines = [line.strip() for line in f"{shown}{told}".splitlines()]
    assert [line for line in lines if line.startswith("::")] == ["::error::ours"]
    assert not [line for line in lines if "##[" in line or "##vso[" in line]
    assert "in a line ::notice::is none" in lines
    assert json.loads(shown[shown.index("{") :]) == {"said": orders[2]}


def test_stdout_is_what_it_was_before() -> None:
    """A command within another program leaves its streams alone."""
    before = sys.stdout, sys.stderr
    launch(lambda: 0, [])
    assert (sys.stdout, sys.stderr) == before


def test_many_problems_are_as_many_as_a_person_reads() -> None:
    """A document of ten thousand mistakes gives a screen, not a book."""
    lines = list(shown([Problem("x" * 10**6)] * 10_000))
    assert lines[-1] == f"and {10_000 - len(lines) + 1} more"
    assert sum(map(len, lines)) < 10_000


@pytest.mark.parametrize(
    ("ending", "verdict", "code"),
    [
        (Ending(NOTHING, interrupted="interrupted by SIGHUP"), RunVerdict.INTERRUPTED, 129),
        (Ending(NOTHING, interrupted="interrupted by SIGINT"), RunVerdict.INTERRUPTED, 130),
        (Ending(NOTHING, interrupted="interrupted by SIGTERM"), RunVerdict.INTERRUPTED, 143),
        (Ending(NOTHING, interrupted="interrupted by SIGTERM", twice=True, active=("down at a",)),
         RunVerdict.UNSAFE, 5),
        (Ending(NOTHING, error=HealFailed("down at a")), RunVerdict.UNSAFE, 5),
        (Ending(NOTHING, error=RuntimeFailure("port taken")), RunVerdict.ERROR, 4),
        (Ending(NOTHING, error=RuntimeFailure("load died"), stalled_s=20.0),
         RunVerdict.INCONCLUSIVE, 3),
        (Ending(NOTHING, stalled_s=20.0), RunVerdict.INCONCLUSIVE, 3),
    ],
)  # fmt: skip
def test_how_a_run_ended_is_its_verdict(ending: Ending, verdict: RunVerdict, code: int) -> None:
    """What is active is said, whoever interrupted; a harness that was stopped proves nothing."""
    found, reasons = ending.verdict()
    assert (found, ending.exit_code(found)) == (verdict, code)
    assert ("every fault was undone" in str(reasons)) == (verdict is RunVerdict.INTERRUPTED)
