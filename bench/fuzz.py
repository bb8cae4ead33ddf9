"""Documents, designs and run folders that somebody has damaged: how does the command take them?

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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.cli.endings import launch
from harness.cli.main import app
from harness.registry import design_files, experiment_files

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
VARIABLES = (
    SHORT.replace("title: Short", "title: ${how}\nvars: {how: Short, delay: 300ms, n: 1}")
    .replace("delay: 300ms}]", 'delay: "${delay}"}]')
    .replace("consumer: 1", 'consumer: "${n}"')
)
NASTY = (
    "${delay}", "${", "$${", "${}", "${a b}", "$", "${n}${n}", "${how", "vars: {x: 1}",
    "", "~", "null", "true", "-1", "0", "1e999", ".nan", "9" * 400, "0x_", "0o9", "12:30:45",
    "2001-99-99", "!!int x", "!!python/object:os.system x", "!x", "&a [*a]", "*a", "<<: 5",
    "<<: *a", "<<: [{a: 1}]", "? x", "? [a]", "- " * 40, "[" * 40, "{" * 2000, "}" * 3, "[]",
    "{}", "[[]]", "{a: {b: c}}", "|", ">", "'", '"', '"\\ud800"', '"\\x1b[2J"', '"\\0"', "\x1b[31m",
    "\x00", "\u202e", "\u2028", "\ufeff", "\u00e9", "%YAML 9.9", "---", "...", "# ", ": ", ",",
    "x" * 20_000, "a\n" * 500, "\t", "@x", "`x`", "../../../etc", "5s", "-5s", "1h", "200/s",
    "inf", ">= 2", "< 0", "<script>", "![x](http://y)",
)  # fmt: skip


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
        if len(self.text) > BYTES_MAX:
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


def mutated(raw: bytes, dice: random.Random) -> bytes:
    """One to four changes, of bytes, of lines or of values."""
    for _ in range(dice.randint(1, 4)):
        raw = dice.choice((_bytes, _lines, _values, _nasty))(raw, dice)
    return raw


def _bytes(raw: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(raw) + 1)
    return raw[:at] + bytes([dice.randrange(256)]) + raw[at + dice.randrange(2) :]


def _lines(raw: bytes, dice: random.Random) -> bytes:
    lines = raw.splitlines(keepends=True) or [b""]
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    what = dice.randrange(5)
    if what == 0:
        lines[one], lines[other] = lines[other], lines[one]
    elif what == 1:
        lines.insert(one, lines[other])
    elif what == 2:
        del lines[one]
    elif what == 3:
        lines[one] = b" " * dice.randrange(1, 9) + lines[one]
    else:
        lines = lines[: one + 1]
    return b"".join(lines)


def _values(raw: bytes, dice: random.Random) -> bytes:
    """Something else after a colon."""
    found = list(re.finditer(rb"(?<=: )[^,\n{}\[\]]+|(?<=\":)[^,\n{}\[\]]+", raw))
    if not found:
        return raw
    at = dice.choice(found)
    return raw[: at.start()] + dice.choice(NASTY).encode() + raw[at.end() :]


def _nasty(raw: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(raw) + 1)
    return raw[:at] + dice.choice(NASTY).encode() + raw[at:]


Case = Callable[[random.Random], CommandResult]


@contextmanager
def cases() -> Iterator[dict[str, Case]]:
    """A document, a design, a run folder: each damaged by the dice and handed over."""
    with tempfile.TemporaryDirectory(prefix="harness-fuzz-") as name:
        root = Path(name)
        good = _recorded(root)

        def document(dice: random.Random) -> CommandResult:
            shipped = [path.read_bytes() for path in experiment_files().values()]
            source = dice.choice([*shipped, *[VARIABLES.encode()] * 8])
            (root / "d.yaml").write_bytes(mutated(source, dice))
            return tell("validate", str(root / "d.yaml"), *overrides(dice))

        def design(dice: random.Random) -> CommandResult:
            source = dice.choice([*design_files().values()]).read_bytes()
            (root / "d.yaml").write_bytes(mutated(source, dice))
            return tell("validate", "X01", "--design", str(root / "d.yaml"))

        def folder(dice: random.Random) -> CommandResult:
            shutil.rmtree(root / "run", ignore_errors=True)
            shutil.copytree(good, root / "run")
            damage(root / "run", dice)
            return tell("report", str(root / "run"))

        yield {"documents": document, "designs": design, "run folders": folder}


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


def damage(folder: Path, dice: random.Random) -> None:
    """Remove, cut, swap or change one to three files; a history also without its sum."""
    for _ in range(dice.randint(1, 3)):
        path = dice.choice(sorted(path for path in folder.iterdir() if path.is_file()))
        what = dice.randrange(6)
        raw = path.read_bytes()
        if what == 0 and len(list(folder.iterdir())) > 1:
            path.unlink()
        elif what == 1:
            path.write_bytes(raw[: dice.randrange(len(raw) + 1)])
        elif what == 2 and path.suffix == ".jsonl" and len(raw) > 1:
            kept = raw.splitlines(keepends=True)[:-1]  # nothing sums it up: values are looked at
            at = dice.randrange(len(kept) or 1)
            kept[at:] = [
                _values(line, dice) if n == 0 else line for n, line in enumerate(kept[at:])
            ]
            path.write_bytes(b"".join(kept))
        else:
            path.write_bytes(mutated(raw, dice))


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
