"""How many acknowledged writes go with a primary that is killed, by what a commit waits for.

    python bench/primary_kills.py [--runtime sim] [--kills 50]

Kills at seeded moments, the standby up to two seconds behind, under the load of X42; `hardened`,
with `synchronous_commit` as named. Printed: how many kills lost how many writes. On `process` a
kill takes a minute.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from harness.model import RunVerdict
from harness.prepare import RunRequest, prepare
from harness.registry import load_vocabulary
from harness.rng import Seed
from harness.session import run
from harness.undo.recovery import silent
from harness.yaml_source import dump_yaml, load_yaml, plain

MODES = ("on", "local")
AT_S, LATER_S, LAG_S = 6.0, 6.0, 2.0  # chosen: the load has begun, and goes on for long enough


def main() -> None:
    """Every mode after the other."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--runtime", default="sim")
    asked.add_argument("--kills", type=int, default=50)
    options = asked.parse_args()
    for mode in MODES:
        with tempfile.TemporaryDirectory() as folder:
            lost, unjudged = _kills(mode, options.runtime, options.kills, Path(folder))
        spread = ", ".join(f"{count} lost by {kills}" for count, kills in sorted(lost.items()))
        total = sum(count * kills for count, kills in lost.items())
        where = f"synchronous_commit {mode}, {options.runtime}: {sum(lost.values())} kills"
        told = f"{total} acknowledged writes lost ({spread}); {unjudged} runs without a verdict"
        print(f"{where}, {told}", flush=True)


def _kills(mode: str, runtime: str, kills: int, folder: Path) -> tuple[Counter[int], int]:
    """Acknowledged writes lost -> by how many kills, and how many runs told nothing."""
    words, lost, unjudged = load_vocabulary(), Counter[int](), 0
    design = _changed(words.designs["hardened"], folder, synchronous_commit=mode)
    for number in range(1, kills + 1):
        dice = Seed(number).stream("primary_kills")
        at_s, lag_s = AT_S + LATER_S * dice.random(), LAG_S * dice.random()
        fault: dict[str, Any] = {"fault": "promote", "service": "database", "lag": f"{lag_s:.3f}s"}
        step = {"at": f"{at_s:.3f}s", "for": f"{lag_s + 3:.3f}s", **fault}
        document = _changed(words.experiments["x42_primary_lost"], folder, method=[step])
        order = RunRequest(str(document), str(design), runtime, Seed(number), folder / "runs")
        result = run(prepare(order), silent)
        if result.verdict in (RunVerdict.PASS, RunVerdict.FAIL):
            lost[result.figures["loss"]["lost"]] += 1
        else:
            unjudged += 1
    return lost, unjudged


def _changed(path: Path, folder: Path, **values: object) -> Path:
    """A copy of a document with other values."""
    copy = folder / path.name
    copy.write_text(dump_yaml({**plain(load_yaml(path)), **values}))
    return copy


if __name__ == "__main__":
    main()
