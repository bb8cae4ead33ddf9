"""Text from outside has no power over whoever reads it."""

from __future__ import annotations

import unicodedata
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import text

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text())
def test_no_control_character_reaches_a_terminal(words: str) -> None:
    """An escape code in a title could clear the screen or forge a verdict."""
    shown = text.terminal(words)
    assert not {unicodedata.category(one) for one in shown if one not in "\n\t"} & HIDDEN


@pytest.mark.parametrize(
    "evil", ["\x1b[2J", "\x9b31m", "a\u202eb", "\x07", "\x00", "\ud800", "\u2028", "\x7f"]
)
def test_what_is_not_shown_stands_there_as_an_escape(evil: str) -> None:
    """Nothing is hidden: a reader sees that something was there."""
    assert "\\" in text.terminal(evil)


def test_letters_of_every_language_stay() -> None:
    """A title in Vietnamese or Japanese is a title."""
    assert text.terminal("trả góp 返済 é €") == "trả góp 返済 é €"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("![a](http://b/c.png)", "!\\[a\\](http&#58;//b/c.png)"),
        ("[a](javascript:x)", "\\[a\\](javascript:x)"),
        ("<img src=x>", "&lt;img src=x>"),
        ("a|b\nc", "a\\|b c"),
        ("`x`", "\\`x\\`"),
        ("www.example.org", "www&#46;example.org"),
        ("no_double_payout _x_", "no_double_payout \\_x\\_"),
    ],
)
def test_markdown_is_plain_text(words: str, shown: str) -> None:
    """Whoever opens a pull request must not load a picture from somewhere else."""
    assert text.markdown(words) == shown


def test_a_code_span_cannot_end_early() -> None:
    """A file name with back-ticks stays inside of its span."""
    assert text.code("a`<b>`") == "`` a`<b>` ``"


@given(st.text())
def test_xml_is_well_formed(words: str) -> None:
    """A pipeline that cannot read junit.xml shows nothing at all."""
    tree = ET.Element("a", b=text.xml(words))
    tree.text = text.xml(words)
    ET.fromstring(ET.tostring(tree, encoding="unicode"))


def test_xml_holds_nothing_that_turns_text_round() -> None:
    """A page that shows junit.xml is read by people."""
    assert text.xml("a\u202eb\nc") == "a\\u202eb\nc"


@given(st.text())
def test_a_path_part_stays_in_its_folder(words: str) -> None:
    """`...yaml` is an experiment called `..`; its runs must not lie outside of the folder."""
    part = text.path_part(words)
    assert part
    assert part not in (".", "..")
    assert not set(part) & {"/", "\x00"}
    assert len(part) <= text.NAME_MAX


def test_a_repeated_value_is_short() -> None:
    """A message does not become as large as the document."""
    assert len(text.quoted("x" * 10**6)) <= text.QUOTE_MAX
    assert text.quoted("short") == "'short'"
