"""A first journey: what makes something comes before what reads or changes it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.json_types import JsonDict
from harness.target_file.operations import Drafted


def journey(operations: Sequence[Drafted]) -> tuple[list[JsonDict], list[str]]:
    """Steps in an order in which every hole of a path was given before.

    Returns:
        the steps; and a sentence for each operation that stands in none, with the reason.
    """
    steps: list[JsonDict] = []
    given: set[str] = set()
    waiting = sorted(operations, key=lambda one: (len(one.places), one.method != "post"))
    while ready := [one for one in waiting if set(one.places) <= given]:
        for one in ready:
            waiting.remove(one)
            keep = _kept(one, [hole for other in waiting for hole in other.places])
            given |= keep.keys()
            steps.append(_step(one, keep))
    left = [
        f"{one.name} stands in no journey: nothing before it answers with "
        + ", ".join(hole for hole in one.places if hole not in given)
        for one in waiting
    ]
    return steps, left


def _kept(one: Drafted, wanted: list[str]) -> dict[str, str]:
    """Holes of later paths that this answer has a value for: by name, or as the only `id`."""
    if one.method != "post":
        return {}
    found: dict[str, str] = {}
    for hole in dict.fromkeys(wanted):
        if hole in one.answer:
            found[hole] = f"body.{hole}"
        elif "id" in one.answer and _noun(one) == hole.lower().replace("_", "").removesuffix("id"):
            found[hole] = "body.id"
    return found


def _noun(one: Drafted) -> str:
    """`loan` of `/v1/loans`: the thing that a collection is made of."""
    last = next((part for part in reversed(one.path.split("/")) if part and part[0] != "{"), "")
    return last.lower().replace("-", "").replace("_", "").removesuffix("s")


def _step(one: Drafted, keep: dict[str, str]) -> JsonDict:
    step: JsonDict = {"do": one.name}
    values = {name: value for name, value in one.values.items() if name not in one.places}
    if values:
        step["with"] = values
    if keep:
        step["keep"] = keep
    return step
