"""The history is the evidence: definite or indefinite, cut-offs shown, windows right."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.history import HistoryWriter, read_history
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
    held = [window.covers(t_from * 1e-9, (t_from + 10) * 1e-9) for t_from in (45, 60, 75)]
    assert held == [False, True, False], "only between the two steps is it sure to hold"


def test_a_history_that_was_cut_off_says_so_and_can_be_read(tmp_path: Path) -> None:
    """A run that dies midway can still be checked."""
    write(tmp_path / "h", close=False)
    (tmp_path / "h").write_bytes((tmp_path / "h").read_bytes() + b'{"i": 7, "t"')
    history = read_history(tmp_path / "h")
    assert not history.complete
    assert len(list(history.ops())) == 2


def test_a_history_that_was_changed_afterwards_is_not_complete(tmp_path: Path) -> None:
    """Count and sha256 of the last line catch an edit."""
    write(tmp_path / "h")
    assert read_history(tmp_path / "h").complete
    text = (tmp_path / "h").read_text().replace('"k":"a"', '"k":"z"')
    (tmp_path / "h").write_text(text)
    assert not read_history(tmp_path / "h").complete


def test_rubbish_in_the_middle_names_its_line(tmp_path: Path) -> None:
    """Only the last line may be torn."""
    (tmp_path / "h").write_text("nonsense\n{}\n")
    with pytest.raises(ConfigError, match=r"h:1: not an event"):
        read_history(tmp_path / "h")
