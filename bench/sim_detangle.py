"""The simulation beside `detangle`: one journey, the same services, the same faults.

python -m bench.sim_detangle [--seconds 2] [--seeds 20] [--runs 300]

detangle (PyPI) tests asyncio code in virtual time and draws which ready task runs next. It knows no
HTTP: here services get a small connector, and `detangle.randint` and `detangle.choice` draw which
call goes wrong and how. Journey, services, designs and check (money moves once) are the same.
Not a dependency: without it this says so and ends.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib.util
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import cycle
from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from bench.sim import MONEY, TARGET, timed
from harness.checker import check_all
from harness.clock import NS
from harness.load.driver import drive, find_journey
from harness.prepare import load_design
from harness.registry import load_vocabulary
from harness.rng import Seed
from harness.runtimes.sim.asgi import App, Done, Exchange, Lifespan
from harness.runtimes.sim.calls import Talk
from harness.runtimes.sim.clock import VirtualClock
from harness.runtimes.sim.collector import BatchedCollector
from harness.runtimes.sim.handlers import Hands
from harness.runtimes.sim.host import Home, Host
from harness.runtimes.sim.load import play
from harness.runtimes.sim.loop import run
from harness.runtimes.sim.messages import Ask, Reply
from harness.runtimes.sim.modes import REQUEST_MODES, REQUESTS, hand
from harness.runtimes.sim.network import SimWiring, ports
from harness.runtimes.sim.scenario import ANSWER_S, Mode, Scenario, Stage
from harness.runtimes.sim.service_context import find_factory
from harness.target import Request, load_target, objectives_of

VERSION, SEED, JOURNEYS = "0.1.0", 1, ("consumer", "repayer")
MOVES, GATEWAYS = ("payout", "debit"), ("payment_a", "payment_b")
BRANCHES = 1_000  # more than any choice here has
DIFFERENCES = """
Only detangle: searches orders of tasks (PCT, bounded exhaustive), late timers, cancellation at a
  chosen await; shrinks schedules; deadlock graphs; linearizability; streams split, datagrams lost
  or doubled, hosts cut off or crashed; any asyncio code. This simulation draws one order a seed.
Only this simulation: HTTP and ASGI, the eight ways in which a call goes wrong (lent to detangle
  here), faults of the database, crashes around each write; histories, last reads, checkers; the
  same experiment on processes and containers."""


class World:
    """The services in any event loop and the calls between them; number `wrong` is so."""

    def __init__(self, design: Mapping[str, Any], wrong: int, mode: Mode) -> None:
        """Nothing is started."""
        self.loop = asyncio.get_running_loop()
        self.target = load_target(TARGET)
        self.wrong, self.mode, self.calls = wrong, mode, 0
        self.events: list[Mapping[str, Any]] = []
        self.apps: dict[str, App] = {}
        services = ports((spec.name for spec in self.target.services), 1)
        links = ports((spec.name for spec in self.target.links), len(services) + 1)
        self.callees = {port: name.partition("->")[2] for name, port in links.items()}
        self.wiring = SimWiring(0, SEED, design, services, links)
        self.clock = VirtualClock(self.loop.time)
        network: Any = self  # the little of it that is needed here
        self.talk = Talk(network, self.target, self.clock, "bench")
        open_way: Any = SimpleNamespace(free=lambda *, write: True)
        around = Hands(network, self.clock, SEED, "bench", {}).around(Home(""))
        self.around = replace(around, way=lambda host, port, timeout_s: open_way)

    async def live(self, journey: str) -> tuple[int, list[Mapping[str, Any]]]:
        """Lead a journey, let promises be kept; how many calls it took, what the ledgers say."""
        lifespan = Lifespan(self.app("lending"), "lending", self.loop)
        life = self.loop.create_task(lifespan.run())
        await lifespan.started
        steps = find_journey(journey).steps(0, Seed(SEED).stream("load/journey/0"))
        now_ns, emit = (lambda: round(self.clock.now_s() * NS)), self.events.append
        led = drive(
            steps, name=f"{journey}/0", due_ns=0, target=self.target, emit=emit, now_ns=now_ns
        )
        await play(led, partial(self.talk.ask, self.host("lending")), self.clock)
        await self.clock.sleep(ANSWER_S)
        life.cancel()
        calls, self.wrong = self.calls, 0
        called = [name for name in GATEWAYS if name in self.apps]
        read = [await self.talk.own(name, Request("GET", "/_ledger")) for name in called]
        return calls, [entry for answer in read for entry in answer.body["entries"]]

    def app(self, name: str) -> App:
        """A service, made when it is first called, as in a scenario."""
        if name not in self.apps:
            spec = self.talk.spec(name)
            factory = find_factory(name, spec.simulated)
            self.apps[name] = factory(self.target.config(name, self.wiring), self.around)
        return self.apps[name]

    def host(self, name: str) -> Any:
        """A service as faults and the harness know one."""
        return SimpleNamespace(name=name, state="R", take=partial(self.take, name))

    def end(self, host: str, port: int) -> Any:
        """The service at the end of a link."""
        return self.host(self.callees[port])

    def take(self, name: str, ask: Ask, done: Done) -> None:
        """Begin to answer, in a task that no caller's patience ends."""
        self.loop.create_task(Exchange(ask, self.loop, done, {}).run(self.app(name), {}))

    async def send(self, to: Any, ask: Ask, timeout_s: float) -> Reply:
        """One call, or what is to become of it."""
        self.calls += 1
        outcome: asyncio.Future[Reply] = self.loop.create_future()
        (REQUESTS[self.mode] if self.calls == self.wrong else whole)(to, ask, outcome)
        async with asyncio.timeout(timeout_s):
            return await outcome


def whole(callee: Host, ask: Ask, outcome: asyncio.Future[Reply]) -> None:
    """Nothing goes wrong, unless the application hangs up."""
    callee.take(ask, lambda reply: hand(reply, outcome))


def twice(moved: Iterable[tuple[str, str, str]]) -> list[str]:
    """What was paid out or debited more than once, of (what, for what, status)."""
    counts = Counter((f, k) for f, k, status in moved if f in MOVES and status == "SUCCESS")
    return [f"{f} of {k}, {n} times" for (f, k), n in counts.items() if n > 1]


class Ours:
    """Scenarios of `Stage`: every call over HTTP, wrong in every way."""

    def __init__(self, design: Mapping[str, Any], journey: str) -> None:
        """See which calls there are."""
        self.stage = Stage(design)
        self.calm = Scenario((journey,), SEED)
        points = [p for p in self.stage.run(self.calm).points if not p.edge.endswith("database")]
        faults = [{p: mode} for p in points for mode in REQUEST_MODES]
        self.plans = [Scenario((journey,), SEED, fault) for fault in faults]

    def wrong(self, plan: Scenario) -> list[str]:
        """The check on one scenario."""
        entries = self.stage.run(plan).history.events
        return twice((e.f, e.k, e.v["status"]) for e in entries if e.src == "ledger")

    def every(self) -> list[bool]:
        """Whether money moved twice: each call wrong in each way."""
        return [bool(self.wrong(plan)) for plan in self.plans]

    def repeats(self) -> bool:
        """Whether the first scenario in which money moves twice, or the last one, does."""
        plan = next((plan for plan in self.plans if self.wrong(plan)), self.plans[-1])
        return self.stage.run(plan).history.events == self.stage.run(plan).history.events


class Theirs:
    """The same under detangle: it draws the call, the way, and (if it may) the order of tasks."""

    def __init__(self, design: Mapping[str, Any], journey: str) -> None:
        """Count the calls of a run in which nothing goes wrong."""
        self.detangle = importlib.import_module("detangle")
        self.design, self.journey = design, journey
        self.seen: object = ()
        self.calls = self.detangle.run(partial(self.story, calm=True))

    async def story(self, *, calm: bool = False) -> int:
        """One run: how many calls it had; raises when money moved twice."""
        number = 0 if calm else self.detangle.randint(0, self.calls)
        mode = self.detangle.choice(REQUEST_MODES) if number else REQUEST_MODES[0]
        world = World(self.design, number, mode)
        calls, entries = await world.live(self.journey)
        self.seen = world.events, entries
        assert not (wrong := twice((e["f"], e["k"], e["status"]) for e in entries)), wrong
        return calls

    def explore(self, seed: int, runs: int, *, calm: bool = False) -> tuple[int, str]:
        """After how many runs money moved twice, 0 never; and the token for a replay."""
        quick = {"name": "story", "shrink": False, "database": False}
        try:
            self.detangle.explore(partial(self.story, calm=calm), seed=seed, runs=runs, **quick)
        except self.detangle.BugFound as found:
            return found.report.runs, found.report.token
        return 0, self.detangle.encode_token([])

    def every(self) -> list[bool]:
        """Whether money moved twice: each call wrong in each way, in the stock order of tasks."""
        search = self.detangle.DFS(max_delays=BRANCHES, max_branch=BRANCHES)
        config = self.detangle.SimConfig(reorder=False)
        wrong = []
        while not search.exhausted:
            search.start(search.schedules)
            came = self.detangle.execute(self.story, config=config, strategy=search)
            search.finish(came.decisions, not came.ok)
            wrong.append(not came.ok)
        return wrong

    def repeats(self) -> bool:
        """Whether a replay of what it finds first, or of a run in which nothing is wrong, does."""
        _, token = self.explore(SEED, BRANCHES // 4)
        again = partial(self.detangle.replay, self.story, token, raise_on_failure=False)
        return (again().virtual_time, self.seen) == (again().virtual_time, self.seen)


def sides(design: str, journey: str) -> tuple[Ours, Theirs]:
    """Both, on one design."""
    document = load_design(design, load_vocabulary())
    return Ours(document, journey), Theirs(document, journey)


def speed(journey: str, seconds: float) -> None:
    """Scenarios a second of CPU time on `hardened`, where nothing is found."""
    ours, theirs = sides("hardened", journey)
    words, stage, plans = load_vocabulary(), ours.stage, cycle(ours.plans)
    checkers = [words.invariants[name] for name in MONEY]
    objectives = objectives_of(words.target)
    collector = BatchedCollector()  # scenarios have one: without it here theirs would be slower

    def rate(work: Callable[[int], object]) -> str:
        def spared(n: int) -> None:
            with collector:
                work(n)

        return f"{timed(spared, seconds):,.0f}/s"

    calm = partial(theirs.story, calm=True)
    row(f"{journey}, hardened: nothing goes wrong", rate(lambda n: stage.run(ours.calm)), "")
    alone = rate(lambda n: theirs.detangle.run(calm))
    row("  the same connector on both loops", rate(lambda n: run(calm(), n)), alone)
    drawn = rate(lambda n: theirs.detangle.run(theirs.story, seed=n))
    row("  one call goes wrong", rate(lambda n: ours.wrong(next(plans))), drawn)
    judged = rate(lambda n: check_all(checkers, stage.run(next(plans)).history, objectives))
    row(f"  one call goes wrong, {len(checkers)} checkers", judged, "")


def sight(design: str, journey: str, seeds: int, runs: int) -> None:
    """What each finds, and after how many scenarios."""
    ours, theirs = sides(design, journey)
    every = [side.every() for side in (ours, theirs)]
    row(f"{journey}, {design}: each call wrong in each way", *map(broken, every))
    found = [theirs.explore(seed, runs)[0] for seed in range(seeds)]
    row(f"  detangle.explore, up to {runs} runs", "", median(found))
    alone, _ = theirs.explore(SEED, runs, calm=True)
    row(f"  {runs} orders of tasks, nothing wrong", "", median([alone]))
    row("  two replays", *("equal" if s.repeats() else "DIFFER" for s in (ours, theirs)))


def broken(every: list[bool]) -> str:
    """How many broke, and which was the first."""
    first = f", first no. {every.index(True) + 1}" if any(every) else ""
    return f"{sum(every)} of {len(every)}{first}"


def median(found: list[int]) -> str:
    """How many searches found something, and the median of runs until then."""
    hits = [number for number in found if number]
    after = f", after {statistics.median(hits):g}" if hits else ""
    return f"{len(hits)} of {len(found)}{after}"


def row(what: str, ours: str, theirs: str) -> None:
    """One figure of each; empty where there is none."""
    print(f"{what:<48}{ours or '-':>24}{theirs or '-':>24}", flush=True)


def main() -> int:
    """Print both, side by side; 0 also without detangle."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=2.0, help="CPU time of each figure")
    options.add_argument("--seeds", type=int, default=20, help="searches on each side")
    options.add_argument("--runs", type=int, default=300, help="scenarios of a search at most")
    asked = options.parse_args()
    if importlib.util.find_spec("detangle") is None:
        print(f"skipped: pip install detangle=={VERSION}")
        return 0
    gc.collect()
    gc.freeze()
    print(f"Python {sys.version.split()[0]}; scenarios a second of CPU time, on one core")
    row("", "this simulation", f"detangle {importlib.import_module('detangle').__version__}")
    for journey in JOURNEYS:
        speed(journey, asked.seconds)
        sight("naive", journey, asked.seeds, asked.runs)
        sight("hardened", journey, 1, asked.runs)
    print(DIFFERENCES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
