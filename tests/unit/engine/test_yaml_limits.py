"""Bad documents: one place, one cause, at once; never a traceback, a hang or a book."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.yaml_source import load_yaml

BOMB = "a: &a [1,2,3,4,5,6,7,8,9]\n" + "".join(
    f"{chr(98 + at)}: &{chr(98 + at)} [{','.join(['*' + chr(97 + at)] * 9)}]\n" for at in range(9)
)


@pytest.mark.parametrize(
    ("text", "place", "cause"),
    [
        (BOMB, ":4:", "those of aliases counted each time"),
        ("a: &a [*a]", ":1:8", "stands within itself"),
        ("a: " + "[" * 60_000, ":1:2", "nested deeper than 20"),
        ("- " * 30_000, ":1:4", "nested deeper than 20"),
        ("a: !!int x", ":1:4", "tag"),
        ("a: !!python/object:os.system x", ":1:4", "tag"),
        ("%YAML 1.1\n---\na: 1", ":2:1", "%directive"),
        ("a: 2001-99-99", ":1:4", "reads as a timestamp"),
        ("a: .nan", ":1:4", "no finite number"),
        ("a: 1e999", ":1:4", "no finite number"),
        ("a: " + "9" * 5000, ":1:4", "no finite number"),
        ('a: "\\ud800"', ":1:4", "surrogate"),
        ("t: x\na: \x1b[2J", ":2:4", "control character U+001B"),
        ("a: \x00", ":1:4", "control character U+0000"),
        ("? [a]\n: 1", ":1:3", "a key that is no word"),
        ("1: 2", ":1:1", "the key '1' is no word"),
        ("a: 1\na: 2", ":2:1", "duplicate key"),
        ("<<: 5", ":1:5", "merging"),
        ("a: 1\n---\nb: 2", ":2:1", "another document"),
        ("a: *b", ":1:4", "undefined alias"),
        ("x" * 70_000, "", "larger than 64 KiB"),
        ("a: " + "b" * 20_000, ":1:4", "20000 characters"),
        ("- a\n" * 10_000, ":3000:3", "more than 3000 values"),
        ("", ":1:1", "not a mapping"),
    ],
)  # fmt: skip
def test_more_than_a_document_needs_is_refused_where_it_stands(
    tmp_path: Path, text: str, place: str, cause: str
) -> None:
    """A person finds the line; a machine loses no time and no memory."""
    path = tmp_path / "d.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_yaml(path)
    (problem,) = caught.value.problems
    assert problem.where.startswith(f"{path}{place}")
    assert cause in problem.cause
    assert len(str(problem)) < 1000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: {b: log-{port}.txt}", r'd.yaml:1:12: .*put the whole value in quotes: "some-{name}"'),
        ("a: {b: ${PORT}}", r'd.yaml:1:9: .*put it in quotes: "\$\{name\}"'),
    ],
)
def test_holes_that_braces_around_them_end_are_told_their_quotes(
    tmp_path: Path, text: str, told: str
) -> None:
    """What people write first in a target file."""
    path = tmp_path / "d.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=told):
        load_yaml(path)


@pytest.mark.parametrize(("raw", "place"), [(b"a: b\nc: \xff", ":2:4"), (b"\xff\xfea", ":1:1")])
def test_another_encoding_has_a_place_too(tmp_path: Path, raw: bytes, place: str) -> None:
    """The byte that is no UTF-8, by line and column."""
    path = tmp_path / "d.yaml"
    path.write_bytes(raw)
    with pytest.raises(ConfigError, match=f"d.yaml{place}: byte 0xff is not UTF-8"):
        load_yaml(path)


def test_anchors_and_merge_keys_that_people_use_stay(tmp_path: Path) -> None:
    """A limit is not a ban."""
    path = tmp_path / "d.yaml"
    path.write_text("x: &x {a: 1}\ny:\n  <<: *x\n  b: [*x, *x]\n")
    assert load_yaml(path)["y"]["a"] == 1


@pytest.mark.parametrize("kind", ["folder", "pipe", "nothing"])
def test_a_document_is_an_ordinary_file(tmp_path: Path, kind: str) -> None:
    """Nobody waits for a pipe that never ends."""
    import os

    path = tmp_path / "d.yaml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(ConfigError, match=r"d\.yaml: "):
        load_yaml(path)
