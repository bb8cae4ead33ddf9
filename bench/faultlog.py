"""What writing ahead costs an injection, and how long a long fault log takes to open.

python -m bench.faultlog
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, ClassVar

from harness.ports import Capability, UndoRecord
from harness.undo.faultlog import FaultLog

RECORDS = 100_000
INJECTIONS = 300


class _Nothing:
    """A control and a fault in one that do nothing: what is left is the cost of the log."""

    kind: ClassVar[str] = "latency"
    capability: ClassVar[Capability] = Capability.LINKS
    where = "lending->payment_a"

    async def healthy(self, where: str) -> dict[str, Any]:
        return {"enabled": True, "toxics": [], "upstream": "127.0.0.1:1", "listen": "127.0.0.1:2"}

    async def inject(self, control: Any) -> None:
        return None

    async def undo(self, record: UndoRecord, others: object = ()) -> None:
        return None

    async def undone(self, record: UndoRecord, others: object = ()) -> bool:
        return True


async def injections(path: Path) -> list[float]:
    """Seconds of each injection, write-ahead included."""
    log, nothing = FaultLog(path), _Nothing()
    seconds = []
    for _ in range(INJECTIONS):
        started_s = time.perf_counter()
        entry = await log.inject(nothing, nothing, 1.0)  # type: ignore[arg-type]  # see _Nothing
        seconds.append(time.perf_counter() - started_s)
        await log.heal(entry, nothing)  # type: ignore[arg-type]  # see _Nothing
    return seconds


def long_log(path: Path) -> float:
    """Seconds to open and list a log of RECORDS lines."""
    undo = {"capability": "links", "where": "a->b", "restore": {"enabled": True, "toxics": []}}
    first = {"kind": "latency", "where": "a->b", "state": "prepared", "at_utc": "x", "undo": undo}
    with path.open("w") as stream:
        for number in range(RECORDS // 4):
            entry = {"id": f"f{number}", "expires_ns": 1, **first}
            stream.write(json.dumps(entry) + "\n")
            for state in ("injected", "unproven", "healed"):
                change = {"id": f"f{number}", "at_utc": "x", "state": state, "by": "run", "why": ""}
                stream.write(json.dumps(change) + "\n")
    started_s = time.perf_counter()
    FaultLog(path).active()
    return time.perf_counter() - started_s


def main() -> None:
    """Print both."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = asyncio.run(injections(Path(folder) / "faults.jsonl"))
        median_ms, worst_ms = statistics.median(seconds) * 1000, max(seconds) * 1000
        print(f"write ahead: {median_ms:.2f} ms median, {worst_ms:.2f} ms worst of {INJECTIONS}")
        print(f"open and list {RECORDS} records: {long_log(Path(folder) / 'long.jsonl'):.2f} s")


if __name__ == "__main__":
    main()
