"""How well faults begin and last as written: planned -> applied, and the error of their length.

    python -m bench.fault_timing [--runtime sim] [--kind latency]

Links, signals and scripts, 20 windows of 300 ms every 600 ms, under the usual load. `applied` is
when the mechanism had answered that the fault holds; a length goes from there until the undo was
read back. The times are those of the run's own history.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from harness.clock import NS
from harness.prepare import RunRequest, prepare
from harness.rng import Seed
from harness.session import run
from harness.store import HISTORY

AT_S, FOR_S, EVERY_S, WINDOWS = 6.0, 0.3, 0.6, 20
KINDS = {
    "latency": "link: lending->risk, delay: 50ms",
    "timeout": "link: lending->risk, stream: upstream",
    "down": "link: lending->risk",
    "pause": "service: risk",
    "slow": "service: risk, delay: 50ms",
    "crash": "service: risk",
}
DOCUMENT = """
title: Windows of {kind}
objectives: {{recovery: 5s}}
load: {{arrivals: 8/s, journeys: {{consumer: 6, sme: 2, repayer: 2}}}}
steady-state-hypothesis:
  title: Borrowers are served
  probes:
    - {{name: served, measure: served_ratio, of: submit, tolerance: ">= 0.5"}}
method:
  - {{at: {at}s, for: {length}s, repeat: {windows}, every: {every}s, fault: {kind}, {args}}}
recovery: 12s
invariants: [no_double_payout]
blast-radius: {{links: [lending->risk], services: [risk]}}
"""


def windows(runtime: str, kind: str, folder: Path) -> Iterator[tuple[float, float]]:
    """Of each window: how late it began and by how much its length was wrong, s."""
    every_s = 4.0 if kind == "crash" else EVERY_S  # a service is to be back before it is ended
    count = 5 if kind == "crash" else WINDOWS
    path = folder / f"{kind}.yaml"
    path.write_text(
        DOCUMENT.format(
            kind=kind, at=AT_S, length=FOR_S, windows=count, every=every_s, args=KINDS[kind]
        )
    )
    request = RunRequest(str(path), "hardened", runtime, Seed(1), folder / "runs")
    result = run(prepare(request), lambda _: None)
    done: dict[tuple[str, str], float] = {}
    for line in (Path(result.run_dir) / HISTORY).read_text().splitlines():
        event = json.loads(line)
        action = event.get("v", {}).get("action")
        if event["src"] == "nemesis" and event["type"] == "ok" and action in ("inject", "heal"):
            done[event["v"]["id"], action] = event["t"] / NS
    for number in range(count):
        set_s, healed_s = done[f"f{number + 1}", "inject"], done[f"f{number + 1}", "heal"]
        yield set_s - (AT_S + number * every_s), healed_s - set_s - FOR_S


def main() -> None:
    """Print a line a kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runtime", default="process", choices=["process", "sim"])
    parser.add_argument("--kind", choices=list(KINDS), help="one kind alone")
    given = parser.parse_args()
    print(f"{given.runtime}: ms          applied p50   worst   length error p50   worst   windows")
    for kind in [given.kind] if given.kind else KINDS:
        with tempfile.TemporaryDirectory() as folder:
            found = list(windows(given.runtime, kind, Path(folder)))
        late, wrong = (sorted(one * 1000 for one in column) for column in zip(*found, strict=True))
        print(
            f"  {kind:<20} {median(late):10.1f} {late[-1]:7.1f} {median(wrong):16.1f}"
            f" {max(wrong, key=abs):9.1f} {len(found):7}"
        )


if __name__ == "__main__":
    main()
