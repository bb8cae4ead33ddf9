"""How often `sim` says what `process` says of the same plan: by invariant, and of whole runs.

python -m bench.parity [--plans 50] [--seed 2024] [--workers 2] [--only 7]

A plan is a short experiment drawn from the seed: a load, one or two faults that both runtimes can
do, a design. It runs once on each. Where the two differ, the simulation runs with other seeds and
the real parts run once more; the explanation follows from what these say, or is `unexplained`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.parity_plans import Plan, not_drawn, plans
from harness.history import History
from harness.history_reader import read_history
from harness.model import Phase, RunResult, RunVerdict, Validity
from harness.prepare import RunRequest, prepare
from harness.rng import Seed
from harness.session import run
from harness.stats import quantile
from harness.store import HISTORY

AIM = 0.95
SIM, REAL = "sim", "process"
WHOLE = "verdict of the run"
HOLDS, VIOLATED = "holds", "violated"
SAYS = {Validity.VALID: HOLDS, Validity.INVALID: VIOLATED, Validity.UNKNOWN: "cannot be judged"}
SEEDS = 20  # chosen: other seeds of the simulation, for a plan on which the two differ
BUSY_S = 0.25  # chosen: the slowest 5 % of answers while nothing is broken, in the simulation 0.01
LONGER_S = 0.5  # chosen: an undo through a control API takes a tenth of it
TIMED = {"acknowledged_in_time", "recovers_within"}  # promises in seconds
FAILED = "a run broke off"
CHANCE = "chance: the simulation says both, from seed to seed"
AGAIN = "chance: real runs say both, with one seed"
FOLLOWS = "follows from an invariant on which they differ"
LASTED = "timing: a real part took longer to come back"
BUSY = "timing: load late or answers slow on real parts, also while nothing was broken"
IDLE = "a fault met no call on one side"
UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Side:
    """What one runtime says.

    Args:
        says: invariant, or WHOLE -> its verdict.
        shows: the same -> the witness, or why it cannot be judged.
        idle: faults without a proven effect.
        lasted_s: fault -> from its injection to its proven undo.
        calm_p95_s: latency of answers while no fault was there.
        late: journeys that the load began too late.
    """

    says: dict[str, str]
    shows: dict[str, str]
    idle: tuple[str, ...]
    lasted_s: dict[str, float]
    calm_p95_s: float
    late: int
    took_s: float

    def said(self, what: str) -> str:
        """Its verdict; a run that broke off has none."""
        return self.says.get(what, "not run")

    def showed(self, what: str) -> str:
        """The evidence for it."""
        return self.shows.get(what) or self.said(what)


@dataclass(frozen=True)
class Difference:
    """One verdict on which the two differ."""

    what: str
    sim: str
    real: str
    why: str
    evidence: str


@dataclass(frozen=True)
class Compared:
    """A plan on both sides."""

    plan: Plan
    sim: Side
    real: Side
    differences: tuple[Difference, ...]


def compared(plan: Plan, folder: Path) -> Compared:
    """Run a plan on both, and what explains their differences."""
    sim, real = (one_side(plan, name, folder, plan.seed) for name in (SIM, REAL))
    differ = [what for what in {**sim.says, **real.says} if sim.said(what) != real.said(what)]
    if not differ:
        return Compared(plan, sim, real, ())
    others = [one_side(plan, SIM, folder, plan.seed + n + 1) for n in range(SEEDS)]
    again = one_side(plan, REAL, folder, plan.seed)
    found = [explained(what, sim, real, others, again) for what in differ]
    return Compared(plan, sim, real, tuple(found))


def one_side(plan: Plan, runtime: str, folder: Path, seed: int) -> Side:
    """Run a plan on one runtime."""
    file = folder / f"parity_{plan.number}.yaml"
    file.write_text(plan.text, encoding="utf-8")
    began_s = time.perf_counter()
    order = RunRequest(str(file), plan.design, runtime, Seed(seed), folder / runtime)
    return read_off(run(prepare(order), lambda text: None), began_s)


def read_off(result: RunResult, began_s: float) -> Side:
    """What a result says."""
    says = {one.checker: SAYS[one.validity] for one in result.verdicts}
    shows = {
        one.checker: str((one.first_bad or {}).get("what", one.why)) for one in result.verdicts
    }
    file = Path(result.run_dir) / HISTORY
    history = read_history(file) if file.exists() else History([])
    calm = [
        op.latency_s
        for op in history.ops()
        if op.latency_s is not None and op.phase != Phase.SETTLED
        if not any(w.overlaps(op.t_due_s, op.t_due_s + op.latency_s) for w in history.windows)
    ]
    return Side(
        {**says, WHOLE: result.verdict.value},
        {**shows, WHOLE: result.reasons[0]},
        tuple(f"{fault.kind} at {fault.where}" for fault in result.faults if not fault.proven),
        {
            f"{fault.kind} at {fault.where}": (fault.t_heal_s or 0.0) - (fault.t_inject_s or 0.0)
            for fault in result.faults
        },
        quantile(calm, 0.95) if calm else 0.0,
        int(result.load.get("late", 0)),
        time.perf_counter() - began_s,
    )


def explained(what: str, sim: Side, real: Side, others: Sequence[Side], again: Side) -> Difference:
    """Why they differ, from what can be measured; the strongest reason that there is."""
    alike = sum(one.said(what) == real.said(what) for one in others)
    worse = [name for name in sim.says if name != WHOLE and sim.said(name) != real.said(name)]
    broke = [side.shows[WHOLE] for side in (sim, real) if side.said(WHOLE) == RunVerdict.ERROR]
    slow = real.calm_p95_s > BUSY_S or real.late > 0
    measured = f"{real.calm_p95_s:.2f} s, in {SIM} {sim.calm_p95_s:.2f} s; {real.late} begun late"
    reasons = (
        (FAILED, bool(broke), "; ".join(broke)),
        (FOLLOWS, what == WHOLE and bool(worse), ", ".join(worse)),
        (BUSY, what in TIMED and slow, measured),
        (CHANCE, bool(alike), f"{alike} of {len(others)} other seeds say {real.said(what)}"),
        (AGAIN, again.said(what) == sim.said(what), f"run again: {again.said(what)}"),
        (IDLE, sim.idle != real.idle, ", ".join({*sim.idle} ^ {*real.idle})),
        (LASTED, bool(longer := _longer(sim, real)), longer),
        (BUSY, slow, measured),
        (UNEXPLAINED, True, ""),
    )
    why, evidence = next((why, evidence) for why, applies, evidence in reasons if applies)
    return Difference(what, sim.said(what), real.said(what), why, evidence)


def _longer(sim: Side, real: Side) -> str:
    """Faults that were there for longer on real parts, as a database that has to recover."""
    return ", ".join(
        f"{fault} {sim.lasted_s[fault]:.1f} s, {lasted_s:.1f} s"
        for fault, lasted_s in real.lasted_s.items()
        if fault in sim.lasted_s and lasted_s > sim.lasted_s[fault] + LONGER_S
    )


def told(one: Compared) -> Iterator[str]:
    """A plan in a few lines."""
    took = f"{one.sim.took_s:.1f} s and {one.real.took_s:.1f} s"
    ends = f"{one.sim.says[WHOLE]}, {one.real.says[WHOLE]}"
    yield f"{one.plan.number:>3}  {one.plan}: {ends}; {took}"
    for each in one.differences:
        yield f"       {each.what}: {each.sim}, {each.real}; {each.why} ({each.evidence})"
        for name, side in ((SIM, one.sim), (REAL, one.real)):
            yield f"         {name}: {side.showed(each.what)}"


def table(all_: Sequence[Compared]) -> Iterator[str]:
    """Agreement by invariant, of whole runs and over all."""
    yield f"{'':<30}{'plans':>7}{'agree':>7}{'':>9}{'not held':>10}{'agree':>7}"
    rows = [row for one in all_ for row in rows_of(one)]
    names = sorted({name for name, _, _ in rows} - {WHOLE})
    for name in (*names, WHOLE):
        yield line(name, [row for row in rows if row[0] == name])
    yield line("all invariants", [row for row in rows if row[0] != WHOLE])
    yield f"{'aim':<44}{AIM:>9.1%}"
    biting = sum(not (one.sim.idle or one.real.idle) for one in all_)
    yield f"faults that both can do and no plan has: {', '.join(not_drawn()) or 'none'}"
    yield f"every fault bit on both sides in {biting} of {len(all_)} plans"
    reasons = Counter(each.why for one in all_ for each in one.differences)
    yield from (f"{count:>4}  {why}" for why, count in reasons.most_common())


def rows_of(one: Compared) -> Iterator[tuple[str, bool, bool]]:
    """For each verdict: its name, whether they agree, whether one of the two says that it does not
    hold."""
    differ = {each.what for each in one.differences}
    for name, said in one.sim.says.items():
        yield name, name not in differ, {said, one.real.said(name)} != {HOLDS}


def line(name: str, rows: Sequence[tuple[str, bool, bool]]) -> str:
    """A row of the table; beside all verdicts those that are no plain `holds` on both sides."""
    agree = sum(same for _, same, _ in rows)
    hard = [same for _, same, telling in rows if telling]
    share = f"{agree / len(rows):>9.1%}" if rows else ""
    return f"{name:<30}{len(rows):>7}{agree:>7}{share}{len(hard):>10}{sum(hard):>7}"


def main() -> int:
    """Print each plan, then the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--plans", type=int, default=50)
    options.add_argument("--seed", type=int, default=2024)
    options.add_argument("--workers", type=int, default=2, help="1 where others work")
    options.add_argument("--only", type=int, help="number of one plan, to repeat it")
    options.add_argument("--runs", type=Path, help="folder to keep the runs in")
    asked = options.parse_args()
    folder = asked.runs or Path(tempfile.mkdtemp(prefix="harness-parity-"))
    folder.mkdir(parents=True, exist_ok=True)
    wanted = max(asked.plans, (asked.only or 0) + 1)
    chosen = [p for p in plans(asked.seed, wanted) if asked.only in (None, p.number)]
    print(f"seed {asked.seed}; verdicts and seconds: {SIM}, {REAL}; runs in {folder}")
    done: list[Compared] = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(asked.workers, mp_context=context) as pool:
        for one in pool.map(partial(compared, folder=folder), chosen):
            done.append(one)
            print("\n".join(told(one)), flush=True)
    print("\n".join(table(done)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
