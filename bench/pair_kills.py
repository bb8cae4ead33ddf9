"""What is left when a run with a database and its standby is hit in the middle of a failover.

    python -m bench.pair_kills [--rounds 1] [--design hardened_patroni]

Two regions on `process`; the primary is lost, or there are two of them. At a seeded moment of the
fault one program gets SIGKILL: the harness, its watchdog, either PostgreSQL, Toxiproxy; with
Patroni either Patroni, or etcd. Printed for each: how soon every fault was undone, and what was
left of the run: faults on record, processes, ports, folders.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
from pathlib import Path

from bench.kills import Kind, Outcome, kill_one

PROGRAMS = ("harness", "watchdog", "database", "database_b", "toxiproxy")
MANAGERS = ("patroni", "patroni_b", "etcd")
DOCUMENT = """\
title: A primary is lost, and then a program of the run
load: {{arrivals: 8/s, journeys: {{consumer: 6, repayer: 2}}}}
steady-state-hypothesis:
  title: served
  probes: [{{name: limits, measure: served_ratio, of: read_limit, tolerance: ">= 0.9"}}]
method: [{{at: 5s, for: 4s, service: database, FAULT}}]
recovery: 4s
objectives: {{recovery: 1s, answer: 5s}}
invariants: [acknowledged_is_kept]
blast-radius: {{services: [database]}}
"""
FAULTS = ("fault: promote, lag: 1s", "fault: split_brain")


def main() -> None:
    """Every program, with each fault in turn."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=1)
    asked.add_argument("--design", default="hardened")
    options = asked.parse_args()
    victims = PROGRAMS + (MANAGERS if "patroni" in options.design else ())
    dirty = 0
    for number in range(options.rounds * len(victims)):
        victim = victims[number % len(victims)]
        kind = Kind(f"SIGKILL {victim}", (victim,), signal.SIGKILL)
        fault = FAULTS[number % len(FAULTS)]
        with tempfile.TemporaryDirectory() as folder:
            found = kill_one(
                kind,
                number,
                Path(folder),
                text=DOCUMENT.replace("FAULT", fault),
                words=("--topology", "two-regions", "--design", options.design),
            )
        dirty += bool(found.left) or not found.checked
        print(f"{kind.name}, {fault}: {_told(found)}", flush=True)
    print(f"{options.rounds * len(victims)} kills, {dirty} that left something")


def _told(found: Outcome) -> str:
    healed = "no fault was active" if found.healed_s is None else f"undone {found.healed_s:.1f} s"
    left = ", ".join(found.left) or "nothing"
    checked = "" if found.checked else "; what was recorded cannot be judged"
    return f"at {found.at_s:.1f} s; {healed} later; exit {found.exit_code}; left: {left}{checked}"


if __name__ == "__main__":
    main()
