"""The history is the evidence: definite or indefinite, cut-offs shown, windows right."""

from __future__ import annotations

import errno
import inspect
import io
import os
import re
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.history import HistoryWriter
from harness.history_reader import LINE_MAX, read_history
from harness.model import Outcome, Phase


def write(path: Path, *, close: bool = True) -> None:
    """A small history: one operation answered, one never, one fault."""
    with path.open("wb") as stream:
        writer = HistoryWriter(stream, {"seed": 1})
        writer.phase(0, Phase.BASELINE)
        writer.append(t=10, p="c/1", type="invoke", f="submit", k="a", due=5)
        writer.append(t=40, p="c/1", type="ok", f="submit", k="a")
        writer.append(
            t=50, p="nemesis", type="ok", f="down", k="x->y", v={"action": "inject"}, src="nemesis"
        )
        writer.phase(50, Phase.FAULT)
        writer.append(t=60, p="c/2", type="invoke", f="repay", k="b")
        writer.append(
            t=90, p="nemesis", type="ok", f="down", k="x->y", v={"action": "heal"}, src="nemesis"
        )
        if close:
            writer.close(100)


def test_latency_counts_from_the_intended_start(tmp_path: Path) -> None:
    """A late load must not hide a slow service."""
    write(tmp_path / "h")
    (op,) = read_history(tmp_path / "h").ops("submit")
    assert op.latency_s == pytest.approx(35e-9)


def test_an_operation_that_never_completed_is_info_not_fail(tmp_path: Path) -> None:
    """Nobody knows whether it happened."""
    write(tmp_path / "h")
    (op,) = read_history(tmp_path / "h").ops("repay")
    assert (op.outcome, op.err, op.phase) == (Outcome.INFO, "never_completed", Phase.FAULT)


def test_a_fault_window_reaches_from_injection_to_healing(tmp_path: Path) -> None:
    """`during` means overlapping it."""
    write(tmp_path / "h")
    (window,) = read_history(tmp_path / "h").windows
    assert (round(window.t_inject_s * 1e9), round(window.t_heal_s * 1e9)) == (50, 90)
    assert window.overlaps(0, 60e-9)
    assert not window.overlaps(95e-9, 99e-9)


def test_a_fault_window_begins_with_the_attempt_to_inject(tmp_path: Path) -> None:
    """A process is dead before anybody knows that the kill has worked."""
    with (tmp_path / "h").open("wb") as stream:
        writer = HistoryWriter(stream, {})
        for t, type_, action in (
            (40, "invoke", "inject"),
            (50, "ok", "inject"),
            (80, "invoke", "heal"),
            (90, "ok", "heal"),
        ):
            writer.append(
                t=t, p="nemesis", type=type_, f="crash", k="l", v={"action": action}, src="nemesis"
            )
        writer.close(100)
    (window,) = read_history(tmp_path / "h").windows
    assert (round(window.t_inject_s * 1e9), round(window.t_heal_s * 1e9)) == (40, 90)
    assert window.overlaps(41e-9, 42e-9)
    held = [window.covers(t_from * 1e-9, (t_from + 10) * 1e-9) for t_from in (45, 60, 70, 75)]
    assert held == [False, True, False, False], "only between the two steps is it sure to hold"


def test_a_history_that_was_cut_off_says_so_and_can_be_read(tmp_path: Path) -> None:
    """A run that dies midway can still be checked."""
    write(tmp_path / "h", close=False)
    (tmp_path / "h").write_bytes((tmp_path / "h").read_bytes() + b'{"i": 7, "t"')
    history = read_history(tmp_path / "h")
    assert not history.complete
    assert len(list(history.ops())) == 2


def broken(lines: list[bytes], how: str) -> list[bytes]:
    """A history that somebody, or a disk, has changed."""
    middle = lines[4]
    changes: dict[str, list[bytes]] = {
        "doubled": [*lines, *lines],
        "one line twice": [*lines[:5], middle, *lines[5:]],
        "one line missing": [*lines[:4], *lines[5:]],
        "two changed about": [*lines[:4], lines[5], middle, *lines[6:]],
        "shuffled": [lines[0], *reversed(lines[1:-1]), lines[-1]],
        "a value changed": [*lines[:3], lines[3].replace(b'"k":"a"', b'"k":"z"'), *lines[4:]],
        "no first line": lines[1:],
        "a start in the middle": [*lines[:4], middle.replace(b'"ok"', b'"start"'), *lines[5:]],
        "negative time": [*lines[:4], middle.replace(b'"t":', b'"t":-'), *lines[5:]],
        "endless time": [*lines[:4], middle.replace(b'"t":', b'"t":' + b"9" * 400), *lines[5:]],
        "a type of another kind": [
            *lines[:4],
            middle.replace(b'"t":', b'"t":"x","u":'),
            *lines[5:],
        ],
        "an unknown type": [*lines[:4], middle.replace(b'"ok"', b'"perhaps"'), *lines[5:]],
        "rubbish": [*lines[:4], b"rubbish\n", *lines[5:]],
        "no mapping": [*lines[:4], b"[]\n", *lines[5:]],
        "deep": [*lines[:4], b'{"v":' + b"[" * 100_000 + b"\n", *lines[5:]],
        "a huge line": [*lines[:4], b" " * (LINE_MAX + 1), *lines[5:]],
        "a NUL": [*lines[:4], b"\x00\n", *lines[5:]],
        "another count": [*lines[:-1], lines[-1].replace(b'"count":', b'"count":1')],
        "lines after the last": [*lines, lines[-1]],
        "nothing": [],
    }
    return changes[how]


HOW = re.findall(r'^        "([^"]+)": ', inspect.getsource(broken), re.MULTILINE)


@pytest.mark.parametrize("how", HOW)
def test_a_history_that_does_not_add_up_is_refused(tmp_path: Path, how: str) -> None:
    """A run listed twice would look like every loan paid twice; the line is named."""
    write(tmp_path / "h")
    lines = (tmp_path / "h").read_bytes().splitlines(keepends=True)
    (tmp_path / "h").write_bytes(b"".join(broken(lines, how)))
    with pytest.raises(ConfigError) as caught:
        read_history(tmp_path / "h")
    (problem,) = caught.value.problems
    assert problem.where.startswith(str(tmp_path / "h"))
    assert how == "nothing" or problem.as_data()["line"]
    assert len(str(problem)) < 1000


@pytest.mark.parametrize("kind", ["missing", "folder", "link", "pipe"])
def test_a_history_is_an_ordinary_file(tmp_path: Path, kind: str) -> None:
    """A folder from elsewhere must not make us read what it points at, or wait for ever."""
    path = tmp_path / "h"
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("/etc/hostname")
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(ConfigError, match=r"/h: "):
        read_history(path)


def test_a_full_disk_does_not_end_a_run_in_the_middle_of_a_fault() -> None:
    """What comes to no file is remembered; the undo goes on."""

    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    writer = HistoryWriter(Full(), {})
    writer.append(t=1, p="c", type="invoke", f="submit")
    assert len(writer.events) == 2
    assert writer.failure is not None
