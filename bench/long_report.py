"""How large and how fast is the page of a long run? Its size may not grow with the run.

python -m bench.long_report [OPERATIONS]
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.clock import NS, monotonic_ns
from harness.figures import figures
from harness.history import Event, History
from harness.prepare import RunRequest, prepare
from harness.registry import load_vocabulary
from harness.rejudge import reread
from harness.report.html import page
from harness.report.recorded import Recorded
from harness.rng import Seed
from harness.session import run
from harness.undo.recovery import silent

OPERATIONS = 200_000


def repeated(events: tuple[Event, ...], operations: int) -> Iterator[Event]:
    """The operations of a run again and again, one after the other, each time of other users."""
    own = [event for event in events if event.src in ("client", "ledger")]
    length = events[-1].t
    times = operations // sum(event.type == "invoke" for event in own)
    for number in range(times):
        shift = number * length
        for event in own:
            yield Event(
                i=event.i + number * len(events), t=event.t + shift, p=f"{event.p}-{number}",
                type=event.type, f=event.f, k=f"{event.k}-{number}", v=event.v, err=event.err,
                due=None if event.due is None else event.due + shift, phase=event.phase,
                src=event.src,
            )  # fmt: skip


def main() -> None:
    """Print size, times and memory."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else OPERATIONS
    with TemporaryDirectory() as runs:
        asked = RunRequest("X01", "naive", "sim", Seed(1), Path(runs))
        result, recorded = reread(Path(run(prepare(asked), silent).run_dir), load_vocabulary())
    kept = [event for event in recorded.history.events if event.src not in ("client", "ledger")]
    history = History([*kept, *repeated(recorded.history.events, wanted)])
    operations = len(history.all_ops)
    begun_ns = monotonic_ns()
    figures(recorded.experiment, history, recorded.target, result.verdicts)
    numbers_ns = monotonic_ns()
    text = page(result, Recorded(recorded.experiment, recorded.target, history))
    drawn_ns = monotonic_ns()
    print(
        f"{operations:,} operations: figures {(numbers_ns - begun_ns) / NS:.1f} s, "
        f"page {(drawn_ns - numbers_ns) / NS:.1f} s, {len(text.encode()) / 1000:.0f} kB, "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB"
    )


if __name__ == "__main__":
    main()
