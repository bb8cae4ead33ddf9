"""A machine without a free processor breaks promises of time, and never the others."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from harness.checker import check_all, judge
from harness.figures.programs import programs
from harness.history import Event, History
from harness.metered import GOT, MEMORY, OPEN, TURNS, USAGE, WAITED, WHO, starved
from harness.metering import Meter
from harness.model import Objectives, Validity, Verdict
from harness.procfs import identify

NS = 10**9


@dataclass(frozen=True)
class Promise:
    """Broken at 5 s."""

    name: str
    timed: bool
    ids: tuple[str, ...] = ()
    claim: str = "it holds"

    def check(self, history: History, objectives: Objectives) -> Verdict:
        """Whatever the history says."""
        late = {"t_s": 5.0, "what": "told after 9 s", "events": []}
        checker: Any = self
        return judge(checker, examined=1, bad=[late])


def reading(t_s: float, got: float, waited: float, turns: int) -> Event:
    """What `lending` took in the second before `t_s`."""
    v = {
        MEMORY: {"lending": 50.0 + t_s},
        OPEN: {"lending": 30},
        GOT: {"lending": got},
        WAITED: {"lending": waited},
        TURNS: {"lending": turns},
    }
    return Event(i=int(t_s), t=round(t_s * NS), p=WHO, type="info", f=USAGE, v=v, src="service")


def fault(action: str, t_s: float, where: str) -> Event:
    """The nemesis did it."""
    v = {"action": action}
    return Event(
        i=int(t_s), t=int(t_s * NS), p="n", type="ok", f="cpu", k=where, v=v, src="nemesis"
    )


def seconds(*readings: tuple[float, float, int]) -> list[Event]:
    """One reading each second."""
    return [reading(n + 1.0, *one) for n, one in enumerate(readings)]


BUSY = seconds(*[(0.1, 0.8, 200)] * 10)
FREE = seconds(*[(0.2, 0.02, 1500)] * 10)
MANY_TURNS = seconds(*[(0.1, 0.6, 9000)] * 10)


def test_a_late_answer_on_a_machine_without_a_free_processor_is_nobodys_fault() -> None:
    """What it says names the program and what it got."""
    checkers = [Promise("in_time", timed=True), Promise("paid_once", timed=False)]
    in_time, paid_once = check_all(checkers, History(BUSY), Objectives())
    assert in_time.validity is Validity.UNKNOWN
    assert in_time.why == (
        "told after 9 s, but lending got 11 % of the processor time it asked for: "
        "nothing is said of the service"
    )
    assert paid_once.validity is Validity.INVALID, "money does not depend on time"


def test_a_late_answer_on_a_free_machine_stays_a_finding() -> None:
    """Also where a program takes very many turns, each of them at once."""
    for events in (FREE, MANY_TURNS, []):
        (found,) = check_all([Promise("in_time", timed=True)], History(events), Objectives())
        assert found.validity is Validity.INVALID


def test_only_the_stretch_in_question_counts() -> None:
    """Busy before and after is no excuse for what was late in between."""
    events = [*BUSY[:2], *FREE[2:8], *BUSY[8:]]
    assert starved(History(events), 0.0, 2.0)
    assert not starved(History(events), 3.0, 7.0)


def test_what_a_fault_took_from_a_program_is_no_excuse() -> None:
    """A fault that takes its processor is what the document asked for."""
    events = sorted([*BUSY, fault("inject", 2, "lending"), fault("heal", 9, "lending")],
                    key=lambda one: one.t)  # fmt: skip
    assert starved(History(BUSY), 3.0, 8.0)
    assert not starved(History(events), 3.0, 8.0)


def test_a_leak_shows_from_one_end_to_the_other() -> None:
    """Medians of both ends, the peak, and the mean of what it took."""
    (found,) = programs(History(BUSY))
    assert found["memory_mib"] == {"begin": 51.0, "end": 60.0, "peak": 60.0}
    assert found["open_files"] == {"begin": 30.0, "end": 30.0, "peak": 30.0}
    assert (found["processor_cores"], found["waited_cores"]) == (0.1, 0.8)
    assert programs(History([])) == []


def test_a_program_is_read_with_its_children() -> None:
    """Their memory, their open files, and the processor time that they took since."""
    code = """if True:
        import os, sys, subprocess
        child = "import sys; x = b'x' * (64 << 20); print(flush=True); sys.stdin.read()"
        its = subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=1)
        sys.stdin.read()
        its.communicate()"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        head = identify(process.pid)
        assert head is not None
        meter = Meter()
        assert meter.read({"it": head}, 1.0) == {}, "nothing to compare with"
        seen = meter.read({"it": head}, 2.0)
        process.communicate(b"")
    assert 64 < seen[MEMORY]["it"] < 64 + 64
    assert seen[OPEN]["it"] >= 6, "three of each at least"
    assert 0 <= seen[GOT]["it"] <= (os.cpu_count() or 1)
    assert meter.read({"it": head}, 3.0)[MEMORY]["it"] == 0, "it has ended: nothing is raised"
