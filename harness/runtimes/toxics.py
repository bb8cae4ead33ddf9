"""What Toxiproxy's toxics take, checked before anything is sent.

The server checks almost nothing: it takes `latncy=100` as a latency of 0 (an experiment would
pass without a fault), and dies of `slicer` with an average size of 0 or of a negative rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.errors import ConfigError, Problem
from harness.ports import Toxic, UndoRecord, arguments

MS_MAX = 600_000  # chosen: ten minutes, longer than any run
SIZE_MAX = 2**31 - 1  # chosen: fits every integer of the server

# type -> attribute -> least, most, must be given. Source: Toxiproxy 2.12.0, toxics/*.go
ATTRIBUTES: Mapping[str, Mapping[str, tuple[int, int, bool]]] = {
    "latency": {"latency": (0, MS_MAX, True), "jitter": (0, MS_MAX, False)},
    "bandwidth": {"rate": (0, SIZE_MAX, True)},
    "slow_close": {"delay": (0, MS_MAX, True)},
    "timeout": {"timeout": (0, MS_MAX, True)},
    "reset_peer": {"timeout": (0, MS_MAX, True)},
    "slicer": {
        "average_size": (1, SIZE_MAX, True),
        "size_variation": (0, SIZE_MAX, False),
        "delay": (0, MS_MAX * 1000, False),
    },
    "limit_data": {"bytes": (0, SIZE_MAX, True)},
    "noop": {},
}
STREAMS = ("upstream", "downstream")


def check_toxic(link: str, toxic: Toxic) -> None:
    """Refuse what the server would take in silence or die of.

    Raises:
        ConfigError: with every problem of the toxic.
    """
    if problems := [*_problems(f"{toxic.type} on {link}", toxic)]:
        raise ConfigError(problems)


def _problems(where: str, toxic: Toxic) -> Iterator[Problem]:
    if toxic.stream not in STREAMS:
        yield Problem(f"stream={toxic.stream!r}", where, " or ".join(STREAMS))
    if not 0 <= toxic.toxicity <= 1:
        yield Problem(f"toxicity={toxic.toxicity}", where, "0..1, a share of connections")
    if toxic.type not in ATTRIBUTES:
        yield Problem(f"no toxic is called {toxic.type!r}", where, ", ".join(ATTRIBUTES))
        return
    legal = ATTRIBUTES[toxic.type]
    for name in toxic.attributes.keys() - legal.keys():
        yield Problem(f"unknown attribute {name!r}", where, ", ".join(legal) or "none")
    for name, (least, most, needed) in legal.items():
        value = toxic.attributes.get(name)
        if value is None and needed:
            yield Problem(f"attribute {name!r} is missing", where, f"{least}..{most}")
        elif value is not None and not _whole_within(value, least, most):
            yield Problem(f"{name}={value!r}", where, f"a whole number, {least}..{most}")
    yield from _slices(where, toxic)


def _whole_within(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _slices(where: str, toxic: Toxic) -> Iterator[Problem]:
    size, variation = (toxic.attributes.get(n, 0) for n in ("average_size", "size_variation"))
    if toxic.type == "slicer" and type(size) is type(variation) is int and variation >= size > 0:
        yield Problem(f"size_variation={variation}", where, f"less than average_size={size}")


def surplus(there: Iterable[str], record: UndoRecord, others: Iterable[UndoRecord]) -> list[str]:
    """Names of toxics that are to go with the record: its own, and with no others everybody's but
    those of the healthy state."""
    kept = {Toxic(**toxic).name for toxic in arguments(others, "add_toxic")}
    own = {Toxic(**toxic).name for toxic in arguments([record], "add_toxic")}
    usual = {toxic["name"] for toxic in record.restore.get("toxics", ())}
    gone = (name for name in there if name not in kept and (name in own or not kept))
    return [name for name in gone if name not in usual]


def closed(others: Iterable[UndoRecord]) -> bool:
    """Whether another fault wants the link closed."""
    return False in arguments(others, "set_enabled")


def as_data(toxic: Toxic) -> dict[str, object]:
    """The document that Toxiproxy takes and gives back."""
    return {
        "name": toxic.name,
        "type": toxic.type,
        "stream": toxic.stream,
        "toxicity": toxic.toxicity,
        "attributes": dict(toxic.attributes),
    }


def from_data(data: Mapping[str, Any]) -> Toxic:
    """A toxic from such a document."""
    of = data["name"].partition("@")[2]
    return Toxic(data["type"], data["stream"], dict(data["attributes"]), data["toxicity"], of)


def normal(data: Mapping[str, Any]) -> dict[str, Any]:
    """Such a document without what means nothing: attributes of 0 and keys that we do not know."""
    kept = {key: data.get(key) for key in ("name", "type", "stream", "toxicity")}
    attributes = {key: value for key, value in data.get("attributes", {}).items() if value}
    return {**kept, "attributes": attributes}
