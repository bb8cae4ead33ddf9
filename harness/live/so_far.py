"""What a run that goes on would be told if it were stopped now, from its history as it grows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from harness.document import load_experiment
from harness.experiment import Experiment
from harness.history import Event, History
from harness.json_types import JsonDict
from harness.judge import explained, judge, measured
from harness.model import RunResult, RunVerdict, Validity
from harness.registry import Vocabulary, vocabulary_of
from harness.report.recorded import Recorded
from harness.run_record import read_run, result_of
from harness.store import EXPERIMENT, HISTORY
from harness.verdict import broken

_decode = msgspec.json.Decoder(Event).decode


@dataclass
class Tail:
    """A file of events that grows.

    Args:
        path: one event a line; the last line may be half written.
    """

    path: Path
    events: list[Event] = field(default_factory=list)
    _at: int = 0

    def read(self) -> bool:
        """Take in what is new.

        Returns:
            whether anything was.
        """
        before = len(self.events)
        with self.path.open("rb") as stream:
            stream.seek(self._at)
            for line in stream:
                if not line.endswith(b"\n"):
                    break
                self._at += len(line)
                self.events.append(_decode(line))
        return len(self.events) > before

    @property
    def ended(self) -> bool:
        """Whether the run has written its last line."""
        return bool(self.events) and self.events[-1].type == "end"


@dataclass(frozen=True)
class Going:
    """A run that goes on: its folder, read once, and its history.

    Args:
        record: run.json.
    """

    folder: Path
    record: JsonDict
    words: Vocabulary
    experiment: Experiment
    tail: Tail

    def so_far(self) -> tuple[RunResult, Recorded]:
        """As a run that was stopped now would be judged: what needs an end is not said."""
        last = self.tail.events[-1]
        stop = Event(i=last.i + 1, t=last.t, p="harness", type="info", f="stopped",
                     v={"why": "it goes on"}, src="clock")  # fmt: skip
        history = History([*_settled(self.tail.events), stop], complete=False)
        target, record = self.words.target, self.record
        findings = judge(self.experiment, self.words.invariants, history)
        findings = explained(findings, target, record["design_values"])
        findings = measured(findings, self.experiment, history, target)
        reasons, verdict = tuple(broken(findings.verdicts)), RunVerdict.INCONCLUSIVE
        lasted_s = round(last.t_s, 1)
        result = result_of(record, self.folder, findings, verdict, reasons, 0, lasted_s)
        return result, Recorded(self.experiment, target, history)


def _settled(events: list[Event]) -> Iterator[Event]:
    """Without the operations that are under way: nobody knows yet what becomes of them."""
    open_: dict[str, int] = {}
    for event in events:
        if event.src == "client":
            if event.type == "invoke":
                open_[event.p] = event.i
            else:
                open_.pop(event.p, None)
    waiting = set(open_.values())
    return (event for event in events if event.i not in waiting)


def going(folder: Path) -> Going:
    """Open the folder of a run that goes on.

    Raises:
        ConfigError: it is none.
    """
    record = read_run(folder)
    words = vocabulary_of(record, "")
    experiment = load_experiment(folder / EXPERIMENT, words)
    return Going(folder, record, words, experiment, Tail(folder / HISTORY))


def counts(result: RunResult) -> JsonDict:
    """Verdicts so far: names of the broken, and how many hold or are not known yet."""
    by = {one: sum(v.validity is one for v in result.verdicts) for one in Validity}
    names = [v.title for v in result.verdicts
              if v.validity is Validity.INVALID]  # fmt: skip
    return {"broken": names, "held": by[Validity.VALID], "unknown": by[Validity.UNKNOWN]}
