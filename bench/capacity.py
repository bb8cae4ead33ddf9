"""The capacity curve of the reference service to its knee, with every part and with one off.

python -m bench.capacity [--rates 8,16,32,48,64,96] [--seconds 6] [--off '' payment_a]

Rates rise step by step in one run on real parts; a role that more than one third party plays is
one that is redundant, and its preferred one is off from the second step on in a run of its own.
The knee is the highest rate up to which service levels hold: 99 % served, an answer to `submit`
within 2 s and to `read_limit` within 0.8 s for 99 of 100 (what borrowers are promised of a good
day), and as large a share of those who come is paid as at the first rate, less a fifth (chosen).
Load and parts share the machine: the knee is that of the whole of it.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from chaos.targets.reference import STAND_INS
from harness.history import History
from harness.history_reader import read_history
from harness.measures import served
from harness.prepare import RunRequest, prepare
from harness.rng import Seed
from harness.session import run
from harness.stats import quantile
from harness.store import HISTORY
from harness.yaml_source import dump_yaml

FIRST_S, LAST_S = 8, 14  # at the first rate: steady state before and after
SERVED, PAID = 0.99, 0.8
P99_S: Mapping[str, float] = {"submit": 2.0, "read_limit": 0.8}
JOURNEYS = {"consumer": 6, "sme": 2, "repayer": 2, "angry_retrier": 1}


class Step(NamedTuple):
    """One rate: operations that were due while it lasted.

    Args:
        per_s: borrowers that came, 1/s.
        done_per_s: operations that were served, 1/s.
        paid_per_s: payouts by gateways, 1/s.
        p99_s: operation -> of those that were served.
    """

    per_s: float
    done_per_s: float
    paid_per_s: float
    served: float
    p99_s: Mapping[str, float]

    def holds(self, first: Step) -> bool:
        """Whether service levels do, and work goes on as at the first rate."""
        slow = any(self.p99_s[name] > most for name, most in P99_S.items())
        behind = self.paid_per_s * first.per_s < PAID * first.paid_per_s * self.per_s
        return self.served >= SERVED and not slow and not behind


def document(rates: Sequence[float], seconds: int, off: str) -> dict[str, object]:
    """An experiment of rising rates.

    Args:
        off: who cannot be reached from the second rate on; "" for nobody.
    """
    stages = [{"for": f"{FIRST_S}s", "arrivals": f"{rates[0]:g}/s"}]
    stages += [{"for": f"{seconds}s", "arrivals": f"{rate:g}/s"} for rate in rates]
    stages += [{"for": f"{LAST_S}s", "arrivals": f"{rates[0]:g}/s"}]
    length, link = f"{seconds * len(rates)}s", f"lending->{off}"
    down = [{"at": f"{FIRST_S}s", "for": length, "fault": "down", "link": link}]
    probe = {"name": "acknowledged", "measure": "served_ratio", "of": "submit"}
    return {
        "title": f"Rising rates without {off or 'nobody'}",
        "load": {"stages": stages, "journeys": JOURNEYS},
        "steady-state-hypothesis": {
            "title": "Borrowers are served", "probes": [{**probe, "tolerance": ">= 0.99"}]
        },
        "method": down if off else [],
        "recovery": f"{LAST_S}s",
        "invariants": ["no_double_payout"],
        "blast-radius": {"links": [link] if off else []},
    }  # fmt: skip


def steps(history: History, rates: Sequence[float], seconds: int) -> Iterator[Step]:
    """What came of each rate."""
    paid = [event.t_s for event in history.ledger("payout")]
    came_s: dict[str, float] = {}
    for op in history.all_ops:
        came_s.setdefault(op.p, op.t_due_s)
    for number in range(len(rates)):
        from_s = FIRST_S + number * seconds
        to_s = from_s + seconds
        ops = [op for op in history.all_ops if from_s <= op.t_due_s < to_s]
        good = [op for op in ops if served(op)]
        p99_s = {
            name: quantile([op.last_s - op.t_due_s for op in good if op.f == name] or [0.0], 0.99)
            for name in P99_S
        }
        when = came_s.values(), paid
        came, payouts = (sum(from_s <= t_s < to_s for t_s in its) / seconds for its in when)
        yield Step(came, len(good) / seconds, payouts, len(good) / max(1, len(ops)), p99_s)


def measured(asked: argparse.Namespace, off: str, folder: Path) -> list[Step]:
    """One run."""
    path = folder / f"without_{off or 'nobody'}.yaml"
    path.write_text(dump_yaml(document(asked.rates, asked.seconds, off)), "utf-8")
    order = RunRequest(str(path), asked.design, asked.runtime, Seed(asked.seed), folder / "runs")
    result = run(prepare(order), lambda _: None)
    found = [*steps(read_history(Path(result.run_dir) / HISTORY), asked.rates, asked.seconds)]
    print(f"\n{'every part' if not off else f'without {off}'}  ({result.verdict.value})")
    print("asked/s  borrowers/s  served/s  paid/s  share   p99 submit  p99 read_limit")
    for rate, one in zip(asked.rates, found, strict=True):
        times = "".join(f"{one.p99_s[name] * 1000:>10.0f} ms" for name in P99_S)
        note = "" if one.holds(found[0]) else "  past the knee"
        rates = f"{rate:>7g}{one.per_s:>13.1f}{one.done_per_s:>10.0f}{one.paid_per_s:>8.1f}"
        print(f"{rates}{one.served:>8.1%}{times}{note}", flush=True)
    return found


def knee(found: Sequence[Step], rates: Sequence[float]) -> float:
    """The highest rate up to which all hold; 0 for none."""
    held = 0.0
    for one, rate in zip(found, rates, strict=True):
        if not one.holds(found[0]):
            break
        held = rate
    return held


def redundant() -> list[str]:
    """The preferred one of each role that several play."""
    counts = Counter(STAND_INS.values())
    first = {role: name for name, role in reversed([*STAND_INS.items()])}
    return [first[role] for role, n in counts.items() if n > 1]


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rates", default="8,16,32,48,64,96",
                        type=lambda text: [float(one) for one in text.split(",")])  # fmt: skip
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--design", default="hardened")
    parser.add_argument("--runtime", default="process")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--off", default=["", *redundant()], nargs="+",
                        help="who is off in turn; '' for nobody")  # fmt: skip
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        found = {off: measured(asked, off, Path(folder)) for off in asked.off}
    knees = {off: knee(its, asked.rates) for off, its in found.items()}
    print(f"\nload of the machine {os.getloadavg()[0]:.1f}")
    for off, rate in knees.items():
        whole = knees.get("") if off else None
        kept = f", {rate / whole:.0%} of the whole" if whole else ""
        print(f"knee {'with every part' if not off else f'without {off}'}: {rate:g}/s{kept}")


if __name__ == "__main__":
    main()
