"""`harness drill`: the pack of a direction, one run after the other, and the evidence of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.cli.console import note, out, out_json
from harness.clock import utc_stamp
from harness.drill import evidence
from harness.drill.pack import drill_of, topology_of
from harness.drill.summary import in_markdown, summary
from harness.json_types import JsonDict, JsonObject
from harness.prepare import Prepared, RunRequest
from harness.registry import Vocabulary, load_vocabulary
from harness.report.plan import plan_lines
from harness.session import run
from harness.store import HISTORY, VERDICT, RunFolder, new_folder, result_document
from harness.suite.findings import LAST
from harness.undo.recovery import silent
from harness.yaml_source import load_yaml, plain

DRILL = "drill"
INSTANTS = ("inject", "heal")


def drill_command(order: RunRequest, direction: str, output: str) -> int:
    """Run the whole drill and write the evidence down.

    Args:
        order: with the experiment left open.
        direction: which way, as the target names it.

    Returns:
        the exit code of the worst run.
    """
    words = load_vocabulary(order.target)
    pack = drill_of(words, order, direction)
    folder = new_folder(order.runs, DRILL)
    plan = _plan(pack, words, order, direction)
    folder.write_json("plan.json", plan)
    results = []
    for number, one in enumerate(pack, 1):
        title = f"{one.experiment.id} {one.experiment.title}"
        note(f"{number} of {len(pack)}: {title}")
        inside = replace(one, order=replace(one.order, runs=folder.path / "runs"))
        result = run(inside, silent)
        note(f"  {result.verdict.value}  {result.run_dir}")
        results.append(result_document(result))
        if result.exit_code in LAST:
            break
    told = _written(folder, plan, results)
    if output == "json":
        out_json(told)
    else:
        out(in_markdown(told))
        out(f"evidence {folder.path}")
    return int(told["exit_code"])


def verify_command(folder: Path) -> int:
    """Whether the evidence of a drill is as it was when the drill ended.

    Returns:
        0, or 1 when it is not.
    """
    found = evidence.differences(folder)
    for line in found:
        out(line)
    out(f"{folder}: " + (f"{len(found)} differences" if found else "whole: every hash agrees"))
    return 1 if found else 0


def _plan(
    pack: Sequence[Prepared], words: Vocabulary, order: RunRequest, direction: str
) -> JsonDict:
    first = pack[0]
    asked = ["harness", "drill", "--design", order.design, "--direction", direction]
    asked += ["--runtime", order.runtime, "--seed", str(order.seed.value)]
    return {
        "utc": utc_stamp(),
        "direction": direction,
        "topology": topology_of(words.target, direction),
        "design": order.design,
        "design_values": first.design,
        "runtime": order.runtime,
        "seed": order.seed.value,
        "target": {"source": first.words.source.ref, "sha256": first.words.source.sha256},
        "experiments": [
            {
                "id": one.experiment.id,
                "lines": list(plan_lines(one.experiment, one.words.target, order.runtime)),
                "document": one.experiment.document,
            }
            for one in pack
        ],
        "standards": _standards(words),
        "repeat": " ".join(asked),
    }


def _standards(words: Vocabulary) -> list[Any]:
    """What others ask for: of the file that a target names by its `standards`; none without."""
    path = getattr(words.target, "standards", None)
    return list(plain(load_yaml(path))["standards"]) if path else []


def _written(folder: RunFolder, plan: JsonObject, runs: Sequence[JsonObject]) -> JsonDict:
    told = summary(plan, runs)
    folder.write_json("timeline.json", {"runs": [_timeline(one) for one in runs]})
    folder.write_json("measurements.json", {k: told[k] for k in ("measurements", "spread")})
    folder.write_json("verdicts.json", {"verdict": told["verdict"], "runs": told["runs"]})
    folder.write_json(evidence.SUMMARY, told)
    folder.write("summary.md", in_markdown(told))
    evidence.seal(folder)
    return told


def _timeline(told: JsonObject) -> JsonDict:
    """When what was done to a run, and when what was seen of it; seconds on its run clock."""
    history = Path(told["run_dir"]) / HISTORY
    lines = history.read_text(encoding="utf-8").splitlines() if history.exists() else []
    done = [_instant(event) for event in map(json.loads, lines) if _counts(event)]
    instants = told["figures"].get("recovery") or {}
    seen = [(key, value) for key, value in instants.items() if _is_instant(key, value)]
    return {
        "experiment": told["experiment"],
        "verdict": f"{Path(told['run_dir']).parent.name}/{VERDICT}",
        "events": done,
        "instants": dict(sorted(seen, key=lambda one: one[1])),
    }


def _is_instant(key: str, value: object) -> bool:
    return isinstance(value, int | float) and not key.endswith(("objective_s", "_time_s"))


def _counts(event: JsonObject) -> bool:
    return event["p"] == "nemesis" and event.get("v", {}).get("action") in INSTANTS


def _instant(event: JsonObject) -> JsonDict:
    word = "begins" if event["type"] == "invoke" else "done"
    what = f"{event['v']['action']} {event['f']} at {event['k']} {word}"
    return {"t_s": round(event["t"] / 1e9, 3), "what": what}
