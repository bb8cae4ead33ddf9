"""One run from start to end: the only lifecycle control flow. Its product is the history.

start ── load ── gate ── faults ── recovery ── settle ── ledgers ── stop
            └─ no steady state: nothing injected       └─ always: undo, end, write down
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial

from harness.clock import NS
from harness.counting import counts_as
from harness.evidence import ASKED
from harness.experiment import Experiment
from harness.history import History, HistoryWriter
from harness.json_types import JsonObject
from harness.judge import before
from harness.last_reads import LastReads
from harness.ledgers import Ledgers
from harness.looks import Stop
from harness.metering import Metering
from harness.model import Phase
from harness.nemesis import Nemesis, sleep_until
from harness.people import ByHand
from harness.ports import Exit, Runtime
from harness.queries import ask_queries
from harness.response.responder import Responder, Surroundings
from harness.response.runbook import Runbook
from harness.target import (
    Target,
    answers_at,
    entry_service,
    failure_counters,
    felt_at,
)
from harness.telemetry import Telemetry
from harness.undo.faultlog import FaultLog
from harness.watch import Watch
from harness.workload import Load, LoadEnded, LoadKilled, LoadMaker, LoadPlan, LoadReport

DRAIN_S = 3.0  # chosen: how long journeys may go on after the last arrival
LOAD_END_S = DRAIN_S + 8.0  # chosen: the load bounds itself at 5 s past its drain
LOOK_AHEAD_S = 0.5  # chosen: before the first fault

Say = Callable[[str], None]


@dataclass
class Run:
    """One run in progress; what the steps share.

    Args:
        say: progress for a person.
        stop: set from outside to end early.
        target_name, journey_refs: how the load loads them: dotted names, or paths of files.
        runbook, by_hand: by which alerts are answered, and who asks real people; None: nobody.
        maker: of a load in real time.
        left: what could not be ended; None until the runtime was stopped.
    """

    experiment: Experiment
    runtime: Runtime
    target: Target
    target_name: str
    design: Mapping[str, object]
    seed: int
    writer: HistoryWriter
    log: FaultLog
    say: Say
    stop: Stop
    maker: LoadMaker
    journey_refs: Mapping[str, str] = field(default_factory=dict)
    counters: Counter[str] = field(default_factory=Counter)
    runbook: Runbook | None = None
    by_hand: ByHand | None = None
    left: list[str] | None = None

    def history(self) -> History:
        """What has been recorded so far."""
        return History(self.writer.events)


async def carry_out(run: Run) -> History:
    """Run the experiment. Everything started is ended and every fault undone in every ending.

    Raises:
        HarnessError: our environment broke; after everything was undone and ended.
    """
    nemesis = Nemesis(
        run.runtime,
        run.log,
        _nemesis_sink(run),
        traffic=lambda where: _traffic(run, where),
        under_test=lambda where: answers_at(run.target, where) == entry_service(run.target),
        answers=partial(answers_at, run.target),
        felt_at=partial(felt_at, run.target),
        quiet_at_s=run.experiment.healed_at_s,
        patience_s=run.experiment.objectives.recovery_s,
    )
    try:
        run.say(f"starting {len(run.target.services)} services on {run.runtime.name}")
        await run.runtime.start(run.target, run.design)
        await _under_load(run, nemesis)
    finally:
        run.left = await run.runtime.stop(at_once=bool(nemesis.unhealed))
        _clock_event(run, "clean", v={"left": run.left})
        run.writer.close(_now_ns(run))
    return run.history()


async def _under_load(run: Run, nemesis: Nemesis) -> None:
    experiment = run.experiment
    plan = LoadPlan(
        run.target_name, run.seed, experiment.arrivals_per_s, experiment.journeys,
        experiment.load_s, DRAIN_S, run.journey_refs, experiment.stages, run.maker,
    )  # fmt: skip
    load = await run.runtime.begin_load(plan, _load_sink(run))
    work = asyncio.create_task(load.wait())
    watch = asyncio.create_task((watching := _watch(run)).over(load, work))
    ledgers = Ledgers(run.runtime, run.target, run.writer, run.say)
    state = Telemetry(run.runtime, run.target, run.writer).watch(run.stop)
    usage = Metering(run.runtime, run.writer).watch(run.stop)
    beside = (_look(run, ledgers), state, usage, _respond(run, nemesis))
    tasks = [watch, work, *map(asyncio.create_task, beside)]
    try:
        await (_phases(run, nemesis) if experiment.steps else _load_alone(run))
        if run.stop.asked:
            await watch
            run.say(f"{run.stop.reason}: the load has ended; {_undone(nemesis)}")
            _clock_event(run, "safe", v={"unhealed": nemesis.unhealed})
        delivered = await _delivered(load, work, watching)
    except BaseException:
        nemesis.abandon()
        with suppress(LoadEnded):  # the reason to end stands, however the load ends
            await load.stop()
        raise
    finally:
        for task in tasks:
            task.cancel()
    _clock_event(run, "load", v={**delivered, **run.counters})
    if nemesis.unhealed:  # what is read now proves nothing, and the end of the programs undoes it
        run.say("ending every program at once: a fault ends with the program that carries it")
        return
    await _settle(run)
    await ledgers.collect()
    await ask_queries(run.runtime, run.target, run.writer)
    watching.exits()


def _watch(run: Run) -> Watch:
    def note(what: str, values: dict[str, object]) -> None:
        _clock_event(run, what, v=values)

    service = entry_service(run.target)
    return Watch(run.experiment, run.runtime, run.writer, run.counters, run.stop, note, service)


async def _phases(run: Run, nemesis: Nemesis) -> None:
    """Baseline, gate, faults, recovery; ends early when asked to."""
    experiment, clock = run.experiment, run.runtime.clock
    run.writer.phase(0, Phase.BASELINE)
    run.say(f"baseline, {experiment.baseline_s:g} s of load at {experiment.arrivals_per_s:g}/s")
    steps = [asyncio.create_task(nemesis.carry_out(step, run.stop)) for step in experiment.steps]
    try:
        await sleep_until(clock, experiment.baseline_s - 0.1, run.stop)
        if not run.stop.asked and not _gate(run):
            run.stop.ask("no steady state before the fault; nothing was injected")
        await sleep_until(clock, experiment.baseline_s, run.stop)
        _enter(run, Phase.FAULT, ", ".join(f"{f.kind} at {f.where}" for f in experiment.faults()))
        for task in steps:
            await task
        _enter(run, Phase.RECOVERY, _undone(nemesis))
    finally:
        for task in steps:  # a step that is cancelled heals what it injected
            task.cancel()
        await asyncio.gather(*steps, return_exceptions=True)
    await sleep_until(clock, experiment.load_s, run.stop)
    await nemesis.finish()


async def _load_alone(run: Run) -> None:
    """No fault: one load from start to end; of several stages the first is the baseline."""
    experiment, clock = run.experiment, run.runtime.clock
    if experiment.has_baseline:
        run.writer.phase(0, Phase.BASELINE)
        run.say(f"baseline, {experiment.baseline_s:g} s of load")
        await sleep_until(clock, experiment.baseline_s, run.stop)
        if not run.stop.asked and not _gate(run):
            run.stop.ask("no steady state in the first stage of the load")
    run.writer.phase(round(experiment.baseline_s * NS), Phase.LOAD)
    run.say(f"load alone, no fault, until {experiment.load_s:g} s")
    if experiment.has_baseline:
        await sleep_until(clock, experiment.healed_at_s, run.stop)
        _enter(run, Phase.RECOVERY, "the load is to be as before")
    await sleep_until(clock, experiment.load_s, run.stop)


def _undone(nemesis: Nemesis) -> str:
    return "NOT HEALED" if nemesis.unhealed else "every fault undone"


def _gate(run: Run) -> bool:
    seen = before(run.experiment, run.history(), run.runtime.clock.now_s())
    run.say("steady state: " + ("yes" if seen.met else "no"))
    return seen.met


def _enter(run: Run, phase: Phase, what: str) -> None:
    run.writer.phase(_now_ns(run), phase)
    run.say(f"{phase.value}: {what}")


async def _delivered(
    load: Load, work: asyncio.Task[LoadReport], watching: Watch
) -> Mapping[str, object]:
    """What the load did; nothing where it has no report, which is noted."""
    try:
        return asdict(await _report(load, work))
    except LoadKilled as killed:
        return {"killed": killed.what}
    except LoadEnded as ended:
        watching.note_exit(Exit("load", ended.code, ended.last_words))
        return {}


async def _report(load: Load, work: asyncio.Task[LoadReport]) -> LoadReport:
    """What the load did; a load that makes no progress is ended."""
    try:
        async with asyncio.timeout(LOAD_END_S):
            return await asyncio.shield(work)
    except TimeoutError:
        return await load.stop()


async def _settle(run: Run) -> None:
    """Read everything that users were promised until it is final, or until the time to answer is
    over."""
    _enter(run, Phase.SETTLED, "load over; reading all that was acknowledged")
    until_s = run.runtime.clock.now_s() + run.experiment.objectives.answer_s
    reads = LastReads(run.runtime, run.target, run.writer)
    run.say(await reads.until_final(until_s, run.stop))


async def _look(run: Run, ledgers: Ledgers) -> None:
    """Read the ledgers once before anything is injected."""
    await sleep_until(run.runtime.clock, run.experiment.baseline_s - LOOK_AHEAD_S, run.stop)
    await ledgers.look()


async def _respond(run: Run, nemesis: Nemesis) -> None:
    """Answer an alert by the runbook, if somebody is on call."""
    around = Surroundings(run.runtime, run.counters, nemesis.mend, run.stop)
    if run.runbook:
        await Responder(run.runbook, around, run.writer.append, run.by_hand).watch()


def _load_sink(run: Run) -> Callable[[Mapping[str, object]], None]:
    failures = failure_counters(run.target)

    def sink(event: JsonObject) -> None:
        run.counters.update(counts_as(run.writer.append(**event), failures))

    return sink


def _traffic(run: Run, where: str) -> Mapping[str, int]:
    """What borrowers did at the place where they enter: nobody else counts it. Elsewhere what they
    asked of the whole system, for places where nobody counts."""
    if where not in (run.target.entry, entry_service(run.target)):
        return {ASKED: run.counters.get("invoked", 0)}
    names = {"attempted": "invoked", "failed": "unanswered"}
    return {f"{n} {run.target.entry}": run.counters.get(c, 0) for n, c in names.items()}


def _nemesis_sink(run: Run) -> Callable[[str, str, str, Mapping[str, object]], None]:
    def record(type_: str, fault: str, where: str, values: Mapping[str, object]) -> None:
        run.writer.append(
            t=_now_ns(run), p="nemesis", type=type_, f=fault, k=where, v=dict(values), src="nemesis"
        )

    return record


def _clock_event(run: Run, f: str, *, p: str = "harness", v: dict[str, object]) -> None:
    run.writer.append(t=_now_ns(run), p=p, type="info", f=f, v=v, src="clock")


def _now_ns(run: Run) -> int:
    return int(run.runtime.clock.now_s() * NS)
