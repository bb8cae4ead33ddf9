"""Text from outside (titles, names of files, what services answer) on its way to a reader.

    terminal   a line or more for a person        no escape code, no mark that turns text round
    markdown   inside a page or a table           no link, image, tag, mention
    code       between back-ticks in Markdown     cannot end before its end
    xml        an attribute or text of XML        only characters that XML has and people see
    path_part  one folder or file name            cannot lead out of its folder

What is not shown as it is stands there as an escape (`\\x1b`), so that nothing is hidden.
"""

from __future__ import annotations

import re
import unicodedata

QUOTE_MAX = 80  # characters of a value that a message repeats
NAME_MAX = 80  # characters of a folder's name; file systems take 255 bytes

_MARKDOWN = re.compile(r"([\\`*\[\]|~]|(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9]))")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", "@": "&#64;"})
_NO_LINK = re.compile(r"(?<=[a-zA-Z]):(?=//)|(?<=\bwww)\.", re.IGNORECASE)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_SURROGATE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # others stand for a byte of a name


def terminal(text: object) -> str:
    """Lines for a terminal; line ends and tabs stay."""
    return "".join(one if one in "\n\t" or _is_visible(one) else _escape(one) for one in str(text))


def line(text: object) -> str:
    """One line for a terminal."""
    return " ".join(terminal(text).split())


def quoted(value: object, most: int = QUOTE_MAX) -> str:
    """A value as a message repeats it, cut to `most` characters."""
    text = repr(value[: most + 1] if isinstance(value, str) else value)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def cut(text: str, most: int) -> str:
    """The beginning of a text that is longer than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 4]} ..."


def markdown(text: object) -> str:
    """One line of plain text inside Markdown, also inside a table."""
    plain = _MARKDOWN.sub(r"\\\1", line(text)).translate(_ENTITIES)
    return _NO_LINK.sub(lambda found: f"&#{ord(found[0])};", plain)


def code(text: object) -> str:
    """A code span of Markdown; its fence is longer than any run of back-ticks in it."""
    plain = line(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", plain)), default=0))
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def xml(text: object) -> str:
    """Characters that XML 1.0 can hold and a reader can see; tags and quotes are left to the
    writer of the tree."""
    return _NO_XML.sub(lambda found: _escape(found[0]), terminal(text))


def utf8(text: str) -> str:
    """The same, where it can be encoded; bytes of a name that are no UTF-8 stand as escapes.

    In an ASCII locale, Python reads each byte of a letter like an accented e as a surrogate.
    """
    raw = _SURROGATE.sub(lambda found: _escape(found[0]), text).encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "backslashreplace")


def path_part(name: str) -> str:
    """A name for one folder: no separator, no leading dot, not empty, not too long."""
    return _NO_NAME.sub("_", name).lstrip(".")[:NAME_MAX] or "unnamed"


def _is_visible(char: str) -> bool:
    return char.isprintable() or unicodedata.category(char) == "Zs"  # a wide space is a space


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")
