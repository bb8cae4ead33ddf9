"""What is shown of a run that goes on, from events as they come."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from harness.cli.live import panel, refuse_live
from harness.clock import NS
from harness.errors import ConfigError
from harness.experiment import Experiment
from harness.history import Event
from harness.live.meter import Meter

EXPERIMENT = cast("Experiment", SimpleNamespace(baseline_s=8.0, healed_at_s=16.0, load_s=30.0))


def event(t_s: float, type_: str, p: str, src: str = "client", **more: Any) -> Event:
    """One event."""
    return Event(i=0, t=round(t_s * NS), p=p, type=type_, src=src, **{"f": "pay", **more})


def test_numbers_are_of_the_last_seconds_and_of_the_whole() -> None:
    """Each event is read once; what is older than the window is only in the sums."""
    events = [event(0, "info", "harness", "clock", f="phase", k="baseline")]
    meter = Meter(EXPERIMENT, events)
    for n in range(10):
        events += [
            event(n, "invoke", f"u/{n}"),
            event(n + 0.1, "fail" if n < 2 else "ok", f"u/{n}"),
        ]
    seen = meter.look(9.2)
    assert (seen.done, seen.failed, seen.errors, seen.rate) == (10, 2, 0, 1.0)
    assert seen.p99_s == pytest.approx(0.1)
    assert (seen.phase, seen.left_s) == ("baseline", 0.0)
    events.append(event(9.3, "info", "harness", "clock", f="phase", k="fault"))
    events.append(event(9.3, "ok", "n", "nemesis", f="down", k="a->b", v={"action": "inject"}))
    seen = meter.look(10.0)
    assert (seen.done, seen.left_s, seen.active) == (10, 6.0, ("down at a->b",))
    events.append(event(11, "ok", "n", "nemesis", f="down", k="a->b", v={"action": "heal"}))
    assert meter.look(12.0).active == ()
    events.append(event(13, "info", "harness", "clock", f="phase", k="settled"))
    events += [event(14, "invoke", "checker/0.1"), event(14.1, "ok", "checker/0.1")]
    seen = meter.look(15.0)
    assert (seen.done, seen.read) == (10, 1), "last reads are no load"


def test_a_terminal_shows_all_of_it_and_no_colour_where_none_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Phase, countdown, rate, errors, p99, active faults, verdicts so far; NO_COLOR wins."""
    events = [
        event(8, "info", "harness", "clock", f="phase", k="fault"),
        event(8, "ok", "n", "nemesis", f="down", k="a->\x1b[31mb", v={"action": "inject"}),
        event(8.1, "invoke", "u/1"),
        event(8.2, "ok", "u/1"),
        event(8.2, "invoke", "u/2"),
        event(8.3, "info", "u/2"),
    ]
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True)
    so_far = {"broken": ["M1 no_double_payout"], "held": 3, "unknown": 2}
    console.print(panel(Meter(EXPERIMENT, events).look(10.0), so_far))
    text = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    for part in ("fault, 6 s left", "down at a->\\x1b[31mb", "0.4", "100 ms", "3 invariants hold",
                 "2 not known yet", "BROKEN: M1 no_double_payout"):  # fmt: skip
        assert part in text
    codes = {int(c) for found in re.findall(r"\x1b\[([0-9;]*)m", out.getvalue())
             for c in found.split(";") if c}  # fmt: skip
    assert codes <= {0, 1, 2}, "bold and dim are no colours"


def test_a_page_in_virtual_time_is_refused_with_the_remedy() -> None:
    """Nobody could look at it."""
    with pytest.raises(ConfigError, match=r"open report\.html"):
        refuse_live("sim")
