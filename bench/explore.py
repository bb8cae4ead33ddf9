"""How fast a design is searched for the smallest sets of faults that break it.

python -m bench.explore [--journey repayer] [--faults 3]

One journey of `hardened`, every set of up to three faults, every invariant on each scenario; the
same with two workers; and exact searches beside those that take equal states, and modes that make
no difference, for one: every journey and design at two faults, and one at three.
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial

from harness.explore.explorer import SearchRequest, explore
from harness.explore.plans import Minimal
from harness.explore.result import ALIKE, STATE, Found
from harness.explore.sim_world import SimWorld
from harness.explore.workers import Workers, cores
from harness.pool.hands import Where
from harness.prepare import load_design
from harness.registry import load_vocabulary

AIM_S, AIM_RATE, AIM_SPEED_UP = 10.0, 1_000, 1.8
# Source: Meiklejohn and others, Service-Level Fault Injection Testing, SoCC 2021 (Filibuster, in
# containers); Reynard: as published in 2025. Not measured here.
PUBLISHED = {"Filibuster, best of 2.8 to 9.5/s": 9.5, "Reynard, about 12/s": 12.0}
BUDGET_S = 900.0


def main() -> None:
    """Print each figure beside its aim."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--journey", action="append", help="may be given again")
    options.add_argument("--faults", type=int, default=3)
    asked = options.parse_args()
    print(f"{cores()} cores; CPU seconds are those of one core, whoever else uses the machine")
    for journey in asked.journey or ["repayer", "consumer"]:
        exhaustive(journey, asked.faults)
    two_workers("repayer", asked.faults)
    for design in ("hardened", "naive"):
        for name in load_vocabulary().journeys:
            exact(design, name, 2)
    exact("naive", "repayer", 3)


def exhaustive(journey: str, k: int) -> None:
    """Every set of up to k faults on one core."""
    begun = time.process_time()
    found = search("hardened", journey, k)
    cpu_s = time.process_time() - begun
    row(f"hardened, {journey}: every set of up to {k} faults", f"{cpu_s:.1f} CPU s", f"{AIM_S:g} s")
    rate = found.explored / cpu_s
    row("  scenarios, each judged by every invariant", f"{found.explored:,}")
    row("  a second", f"{rate:,.0f}/s", f"{AIM_RATE:,}/s")
    for name, published in PUBLISHED.items():
        row(f"  times {name}, as published", f"{rate / published:,.0f}")
    row("  distinct behaviours", f"{len(found.signatures):,}")
    for rule, count in found.pruned.items():
        row(f"  pruned: {rule}", f"{count:,}")
    row("  sets that break a promise", f"{len(found.minimal)}")
    row("  complete up to", f"{found.complete_to} faults")


def two_workers(journey: str, k: int) -> None:
    """The same search by one process and by two, in real time, and by what the parent has to do.

    On a machine that others use, real time says little; what cannot be shared is the parent's work.
    """
    begun_s = time.process_time()
    one = search("hardened", journey, k)
    alone_s = time.process_time() - begun_s
    two = search("hardened", journey, k, workers=2)
    parent_s = time.process_time() - begun_s - alone_s
    row(f"hardened, {journey}: one worker", f"{one.seconds:.1f} s, {alone_s:.1f} CPU s")
    row("  two workers", f"{two.seconds:.1f} s")
    row("  the parent of two workers", f"{parent_s:.1f} CPU s")
    row("  times as fast, real time", f"{one.seconds / two.seconds:.2f}", f"{AIM_SPEED_UP:g}")
    row("  at most, on two free cores", f"{2 * alone_s / (alone_s + parent_s):.2f}")
    row("  the same result", "yes" if one.signatures == two.signatures else "NO")


def exact(design: str, journey: str, k: int) -> None:
    """Whether taking equal states and modes for one loses anything."""
    merged, full = search(design, journey, k), search(design, journey, k, exact=True)
    lost = [one for one in full.minimal if not any(_same(one, other) for other in merged.minimal)]
    gone = [
        one for one in lost if not any(_same(one, other, any_mode=True) for other in merged.minimal)
    ]
    row(f"{design}, {journey}, {k} faults: at every call", f"{full.explored:,} scenarios")
    row("  at every state once", f"{merged.explored:,}")
    for rule in (STATE, ALIKE):
        row(f"  spared: {rule}", f"{merged.pruned[rule]:,}")
    row("  findings shown by a mode that stands for theirs", f"{len(lost) - len(gone)}")
    row("  findings lost by it", f"{len(gone)} of {len(full.minimal)}", "0")
    every, shown = _invariants(full), _invariants(merged)
    row("  invariants lost by it", f"{len(every - shown)} of {len(every)}", "0")


def _invariants(found: Found) -> set[str]:
    return {broken.invariant for one in found.minimal for broken in one.broken}


def search(design: str, journey: str, k: int, workers: int = 1, *, exact: bool = False) -> Found:
    """Exhaustively; progress by nobody."""
    document = load_design(design, load_vocabulary())
    make = partial(SimWorld, document, (journey,), 1)
    with Workers(make, Where(workers)) as runner:
        list(runner([()] * 2 * workers, leaf=True))  # every process has started and imported
        request = SearchRequest(faults=k, budget_s=BUDGET_S, swarm=False, exact=exact)
        return explore(runner, request, lambda found, size: None)


def _same(full: Minimal, merged: Minimal, *, any_mode: bool = False) -> bool:
    """Whether the last fault and what it breaks are the same; the way there may differ."""
    ends = [
        (one.plan[-1].edge, any_mode or one.plan[-1].mode, one.operations[-1]) if one.plan else None
        for one in (full, merged)
    ]
    broken = [{found.invariant for found in one.broken} for one in (full, merged)]
    return len(merged.plan) <= len(full.plan) and ends[0] == ends[1] and broken[0] == broken[1]


def row(what: str, value: str, aim: str = "") -> None:
    """One figure."""
    print(f"{what:<62}{value:>18}" + (f"   aim {aim}" if aim else ""))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
