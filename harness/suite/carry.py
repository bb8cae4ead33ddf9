"""Runs the experiments of a suite, one after the other or side by side, each with a system and a
database of its own.

    one by one      in this process, so that a person sees each run go on
    side by side    a process a run: `harness run X --output json`; of a cluster, one of its own

Nothing begins after an undo that was not proven, after a signal, or once the time is over.
"""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from harness.clock import NS, monotonic_ns
from harness.errors import HarnessError, described
from harness.json_types import JsonObject
from harness.model import EXIT_CODES, RunResult, RunVerdict
from harness.pool.hands import Pool
from harness.prepare import Prepared
from harness.store import result_document
from harness.suite.findings import LAST, verdict_of
from harness.suite.order import expected_s

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
TAIL = 5  # lines of what a process said before it ended without a result

Say = Callable[[str], None]
One = Callable[[Prepared], RunResult]


@dataclass
class Progress:
    """What was done so far.

    Args:
        limit_s: real seconds after which nothing begins; one that would not end before does not
            begin either.
        stopped: why nothing begins any more.
    """

    limit_s: float | None = None
    done: list[tuple[Prepared, JsonObject]] = field(default_factory=list)
    not_run: list[tuple[Prepared, str]] = field(default_factory=list)
    stopped: str = ""
    began_ns: int = field(default_factory=monotonic_ns)

    @property
    def seconds(self) -> float:
        """Since it began."""
        return (monotonic_ns() - self.began_ns) / NS

    def may_begin(self, run: Prepared) -> bool:
        """Whether this one still begins; one that does not is taken down with the reason."""
        why = self.stopped
        if not why and self.limit_s is not None and self.seconds + expected_s(run) > self.limit_s:
            why = f"would not end within the time limit of {self.limit_s:g} s"
        if why:
            self.not_run.append((run, why))
        return not why

    def take(self, run: Prepared, document: JsonObject) -> None:
        """What became of one."""
        self.done.append((run, document))
        if document["exit_code"] in LAST and not self.stopped:
            self.stopped = f"{run.experiment.id} ended {document['verdict']}"


def one_by_one(runs: Sequence[Prepared], one: One, progress: Progress, say: Say) -> None:
    """Each in turn, in this process."""
    for number, run in enumerate(runs, 1):
        if not progress.may_begin(run):
            continue
        say(f"run {number} of {len(runs)}")
        try:
            document: JsonObject = result_document(one(run))
        except HarnessError as error:
            document = broken(run, error.exit_code, described(error))
        progress.take(run, document)


def side_by_side(
    runs: Sequence[Prepared], jobs: int, progress: Progress, say: Say, afar: Pool | None = None
) -> None:
    """So many at a time, a process each; a signal is handed on to each of them, once.

    Args:
        afar: a cluster that does it.
    """
    lock = threading.Lock()
    children: set[subprocess.Popen[bytes]] = set()

    def work(numbered: tuple[int, Prepared]) -> None:
        number, run = numbered
        with lock:
            if not progress.may_begin(run):
                return
            child = None if afar else _begin(run)
            if child:
                children.add(child)
        say(f"begun {number} of {len(runs)}: {run.experiment.id} {run.experiment.title}")
        document = _result(run, child) if child else _done_by(afar, run)
        with lock:
            if child:
                children.discard(child)
            progress.take(run, document)
        say(f"{document['verdict'].upper()} {run.experiment.id}, {document['duration_s']:g} s")

    def hand_on(number: int, _: object) -> None:
        progress.stopped = f"interrupted by {signal.Signals(number).name}"
        for child in list(children):
            child.send_signal(number)

    with _signals(hand_on), ThreadPoolExecutor(jobs) as pool:
        for future in [pool.submit(work, one) for one in enumerate(runs, 1)]:
            future.result()


@contextmanager
def _signals(handler: Callable[[int, object], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _words(run: Prepared) -> list[str]:
    words = [*shlex.split(run.repeat)[1:], "--output", "json"]
    return [*words, "--runs", str(run.order.runs.resolve())]


def _begin(run: Prepared) -> subprocess.Popen[bytes]:
    return begin(_words(run))


def begin(words: Sequence[str]) -> subprocess.Popen[bytes]:
    """A session of its own: Ctrl-C reaches it through us alone."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "harness", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _done_by(afar: Pool | None, run: Prepared) -> JsonObject:
    assert afar is not None
    return _told(run, *afar.submit(finished, _words(run)).result())


def finished(words: Sequence[str]) -> tuple[bytes, bytes, int]:
    """In a worker: what `harness` printed with these words, and its exit code."""
    child = begin(words)
    out, err = child.communicate()
    return out, err, child.returncode


def _result(run: Prepared, child: subprocess.Popen[bytes]) -> JsonObject:
    out, err = child.communicate()
    return _told(run, out, err, child.returncode)


def _told(run: Prepared, out: bytes, err: bytes, code: int) -> JsonObject:
    """The result document of what a run printed."""
    try:
        document: JsonObject = json.loads(out)
        if "run_dir" in document:
            return document
        reason = "; ".join(str(one["message"]) for one in document["problems"])
    except (ValueError, LookupError, TypeError):
        said = err.decode("utf-8", "replace").splitlines()[-TAIL:]
        reason = f"its process ended with {code}: {' / '.join(said)}"
    known = code in (*EXIT_CODES.values(), *LAST)
    return broken(run, code if known else EXIT_CODES[RunVerdict.ERROR], reason)


def broken(run: Prepared, code: int, reason: str) -> JsonObject:
    """The result document of a run that could not begin or left none."""
    order = run.order
    return result_document(
        RunResult(
            experiment=run.experiment.id,
            title=run.experiment.title,
            design=order.design,
            runtime=order.runtime,
            seed=order.seed.value,
            verdict=RunVerdict(verdict_of(code)),
            exit_code=code,
            reasons=(reason,),
            run_dir="",
            repeat=run.repeat,
        )
    )
