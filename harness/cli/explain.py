"""`harness explain`."""

from __future__ import annotations

from harness.authoring.explain import explain, lines_of
from harness.cli.console import out, out_json
from harness.registry import load_vocabulary


def explain_command(word: str, target: str = "", output: str = "text") -> int:
    """Print what a word means.

    Returns:
        0; a word that there is not is raised.
    """
    found = explain(word, load_vocabulary(target))
    if output == "json":
        out_json({"explanations": [one.as_data() for one in found]})
        return 0
    for number, one in enumerate(found):
        out("\n".join(["", *lines_of(one)] if number else lines_of(one)))
    return 0
