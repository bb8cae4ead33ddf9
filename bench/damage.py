"""What somebody may have done to a file: bytes, lines, values changed, a run folder half there."""

from __future__ import annotations

import random
import re
from pathlib import Path

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
