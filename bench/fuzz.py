"""Every kind of file that is read, damaged by somebody: how does the command take it?

    python bench/fuzz.py --count 10000 --seed 1 --output json

Each is mutated from one that is good and handed to the command in this process. Counted are
tracebacks and exit codes other than 0 to 5, more than 2 s of processor time, messages over 10 kB,
and escape codes that would reach a terminal. All of them should be 0.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.damage import NASTY, damage, mutated
from harness.cli.endings import launch
from harness.cli.main import app
from harness.registry import design_files, experiment_files

ROOT = Path(__file__).parents[1]
READERS = ("show", "incident", "diff")
KINDS = (
    "documents", "designs", "targets", "suites", "registers", "rules", "waivers", "baselines",
    "contracts", "compose files", "run folders",
)  # fmt: skip
CPU_S_MAX = 2.0
BYTES_MAX = 10_000
ESCAPES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
SHORT = """\
title: Short
load: {arrivals: 20/s, journeys: {consumer: 1}}
steady-state-hypothesis:
  title: Served
  probes: [{name: acknowledged, measure: ok_ratio, of: submit, tolerance: ">= 0.9"}]
method: [{at: 3s, for: 3s, fault: latency, link: lending->payment_a, delay: 300ms}]
recovery: 3s
objectives: {recovery: 1s}
invariants: [no_double_payout, every_application_answered]
blast-radius: {links: [lending->payment_a]}
"""
SUITE = """\
title: What a change of payments is held to
experiments:
  - {experiment: X05, vars: {replies_for: 4s}}
repeat: 2
rate: 12/s
"""
WAIVERS = """\
waivers:
  - finding: invariant no_double_payout
    experiment: X01
    design: naive
    owner: payments@example.com
    reason: the inquiry comes in May
    expires: "2056-05-31"
"""
VARIABLES = (
    SHORT.replace("title: Short", "title: ${how}\nvars: {how: Short, delay: 300ms, n: 1}")
    .replace("delay: 300ms}]", 'delay: "${delay}"}]')
    .replace("consumer: 1", 'consumer: "${n}"')
)


@dataclass(frozen=True)
class CommandResult:
    """What the command did with one case."""

    code: int
    text: str
    cpu_s: float

    @property
    def faults(self) -> list[str]:
        """What it did wrong."""
        found = []
        if not 0 <= self.code <= 5 or "Traceback" in self.text or "HARNESS_TRACEBACK" in self.text:
            found.append("tracebacks")
        if self.cpu_s > CPU_S_MAX:
            found.append("over_2_s")
        if len(self.text) > BYTES_MAX and self.code in (2, 4):
            found.append("over_10_kb")
        if ESCAPES.search(self.text):
            found.append("escape_codes")
        return found


def tell(*words: str) -> CommandResult:
    """Hand something to the command, in this process."""
    out, begun_s, before = io.StringIO(), time.process_time(), (sys.stdout, sys.stderr)
    sys.stdout = sys.stderr = out
    try:
        code = launch(lambda: app(list(words), standalone_mode=False), words)
    finally:
        sys.stdout, sys.stderr = before
    return CommandResult(code, out.getvalue(), time.process_time() - begun_s)


Dice = random.Random
Case = Callable[[Dice], CommandResult]


@dataclass(frozen=True)
class Inputs:
    """Good files, and where the damaged one is put.

    Args:
        root: a folder of our own.
        run: the folder of a recorded run.
    """

    root: Path
    run: Path

    @property
    def runs(self) -> list[str]:
        """Where recorded runs are."""
        return ["--runs", str(self.root / "runs")]

    @property
    def summary(self) -> Path:
        """The result of a suite."""
        return self.root / "runs/suite-one/latest/suite.json"

    @property
    def fresh(self) -> str:
        """A file that is not there."""
        made = self.root / "made.yaml"
        made.unlink(missing_ok=True)
        return str(made)

    def kinds(self) -> dict[str, Case]:
        """Each kind of file: what is damaged, and to which command it is handed."""
        shipped = [path.read_bytes() for path in experiment_files().values()]
        handed = (
            self._file([*shipped, *[VARIABLES.encode()] * 8], self._validate),
            self._file(_read(design_files().values()), self._design),
            self._file(_read(ROOT.glob("docs/examples/*/target.yaml")), self._validate),
            self._file([SUITE.encode()], self._suite),
            self._file([(ROOT / "chaos/risks.yaml").read_bytes()], self._register),
            self._file([(ROOT / "chaos/incident_rules.yaml").read_bytes()], self._rules),
            self._file([WAIVERS.encode()], self._waivers),
            self._file([self.summary.read_bytes()], self._baseline),
            self._file([(ROOT / "lending_service/openapi.yaml").read_bytes()], self._contract),
            self._file([(ROOT / "compose/compose.yaml").read_bytes()], self._compose),
            self.folder,
        )
        return dict(zip(KINDS, handed, strict=True))

    def _file(self, good: Sequence[bytes], words: Callable[[str, Dice], list[str]]) -> Case:
        def case(dice: Dice) -> CommandResult:
            path = self.root / "d.yaml"
            path.write_bytes(mutated(dice.choice(good), dice))
            return tell(*words(str(path), dice))

        return case

    def folder(self, dice: Dice) -> CommandResult:
        """A run folder, read by one of those that read one."""
        damaged = self.root / "runs/short/damaged"
        shutil.rmtree(damaged, ignore_errors=True)
        shutil.copytree(self.run, damaged)
        damage(damaged, dice)
        verb = dice.choice([["report"]] * 5 + [[one] for one in READERS] + [["warn", "score"]])
        told = [*verb, str(damaged), *dice.choice([[], ["--output", "json"]])]
        more = {"show": ["app-1"], "diff": [str(self.run)]}.get(verb[0], [])
        try:
            return tell(*told, *more, *([] if verb[0] == "warn" else self.runs))
        finally:
            shutil.rmtree(damaged, ignore_errors=True)

    def _validate(self, path: str, dice: Dice) -> list[str]:
        return ["validate", path, *overrides(dice)]

    def _design(self, path: str, dice: Dice) -> list[str]:
        return ["validate", "X01", "--design", path]

    def _suite(self, path: str, dice: Dice) -> list[str]:
        return ["suite", path, "--dry", "--runtime", "sim"]

    def _register(self, path: str, dice: Dice) -> list[str]:
        return dice.choice([["validate", path], ["risks", path, *self.runs]])

    def _rules(self, path: str, dice: Dice) -> list[str]:
        reading = ["incident", str(self.run), "--rules", path, *self.runs]
        return dice.choice([["validate", path], reading])

    def _waivers(self, path: str, dice: Dice) -> list[str]:
        return ["run", "X01", "X02", "--dry", "--runtime", "sim", "--waivers", path]

    def _baseline(self, path: str, dice: Dice) -> list[str]:
        return ["diff", path, str(self.summary), *self.runs]

    def _contract(self, path: str, dice: Dice) -> list[str]:
        return ["init", "target", "--openapi", path, "--out", self.fresh]

    def _compose(self, path: str, dice: Dice) -> list[str]:
        return ["init", "target", "--compose", path, "--out", self.fresh]


def _read(paths: Iterable[Path]) -> list[bytes]:
    return [path.read_bytes() for path in sorted(paths)]


@contextmanager
def cases() -> Iterator[dict[str, Case]]:
    """Each kind of file, damaged by the dice and handed over."""
    with tempfile.TemporaryDirectory(prefix="harness-fuzz-") as name:
        root = Path(name)
        run = _recorded(root)
        (root / "one.yaml").write_text(f"title: One\nexperiments: [{root}/short.yaml]\n")
        words = ("suite", str(root / "one.yaml"), "--runtime", "sim", "--seed", "1")
        tell(*words, "--runs", str(root / "runs"))
        yield Inputs(root, run).kinds()


def _recorded(root: Path) -> Path:
    (root / "short.yaml").write_text(SHORT)
    words = ("run", str(root / "short.yaml"), "--runtime", "sim", "--seed", "1")
    told = tell(*words, "--runs", str(root / "runs"))
    folders = [path for path in (root / "runs").glob("*/2*") if path.is_dir()]
    if not folders:
        raise SystemExit(told.text)
    return folders[0]


def overrides(dice: random.Random) -> list[str]:
    """Now and then something of the command line that is set in place of what a document says."""
    value = dice.choice([*NASTY, "12/s", "60s", "2s", "3"]).replace("\0", "")
    options = (("--var", f"delay={value}"), ("--var", f"n={value}"), ("--var", value))
    more = (("--rate", value), ("--run-time", value))
    return [*dice.choice([*options, *more])] if dice.random() < 0.3 else []


def main() -> None:
    """Count what went wrong, by kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", choices=("text", "json"), default="text")
    asked = parser.parse_args()
    wrong: Counter[str] = Counter(
        {"tracebacks": 0, "over_2_s": 0, "over_10_kb": 0, "escape_codes": 0}
    )
    codes: Counter[str] = Counter()
    with cases() as known:
        for number in range(asked.count):
            kind = list(known)[number % len(known)]
            told = known[kind](random.Random(f"{asked.seed}/{number}"))  # noqa: S311 - dice
            codes[f"{kind}: exit {told.code}"] += 1
            wrong.update(told.faults)
            if told.faults:
                print(number, kind, told.faults, told.text[:600], file=sys.stderr)
    result = {"cases": asked.count, **wrong, "exit_codes": dict(sorted(codes.items()))}
    if asked.output == "json":
        print(json.dumps(result, indent=2))
    else:
        print("\n".join(f"{key:<14}{value}" for key, value in result.items()))


if __name__ == "__main__":
    main()
