"""Faults that are one toxic: what they send, what they refuse, what proves them."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from harness.acts import acts_of
from harness.ports import Observation, Seen, Toxic
from harness.runtimes.toxics import check_toxic

LINK = "lending->database"


def fault(kind: str, **values: Any) -> Any:
    """A validated fault of this kind."""
    module = importlib.import_module(f"chaos.faults.{kind}")
    return module.FAULT.model_validate({"link": LINK, **values})


@pytest.mark.parametrize(
    ("kind", "values", "attributes"),
    [
        ("bandwidth", {"rate": 1}, {"rate": 1}),
        ("slicer", {"average_size": 100, "delay": "10ms"},
         {"average_size": 100, "size_variation": 0, "delay": 10_000}),
        ("limit_data", {"bytes": 100}, {"bytes": 100}),
        ("slow_close", {"delay": "2s"}, {"delay": 2000}),
        ("latency", {"delay": "200ms", "toxicity": 0.5}, {"latency": 200, "jitter": 0}),
        ("timeout", {"stream": "upstream", "toxicity": 0.2}, {"timeout": 0}),
        ("reset_peer", {"toxicity": 0.2}, {"timeout": 0}),
    ],
)  # fmt: skip
def test_a_document_becomes_a_toxic_that_bears_the_name_of_its_injection(
    kind: str, values: dict[str, Any], attributes: Mapping[str, int]
) -> None:
    """Toxiproxy takes it, and two injections of one fault are told apart."""
    one = fault(kind, **values)
    ((name, link, data),) = asyncio.run(acts_of(one, "f7"))
    toxic = Toxic(**data)
    assert (name, link, toxic.attributes) == ("add_toxic", LINK, attributes)
    assert toxic.toxicity == values.get("toxicity", 1.0)
    assert toxic.name.endswith("@f7")
    check_toxic(LINK, toxic)


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("bandwidth", {"rate": -1}, "rate"),
        ("slicer", {"average_size": 0}, "average_size"),
        ("slicer", {"average_size": 5, "size_variation": 5}, "less than average_size=5"),
        ("slicer", {"average_size": 5, "delay": "11s"}, "0s..10s"),
        ("limit_data", {"bytes": -1}, "bytes"),
        ("slow_close", {"delay": "0s"}, "1ms..1m"),
        ("latency", {"delay": "1s", "toxicity": 0}, "above 0"),
        ("timeout", {"stream": "upstream", "toxicity": 7}, "toxicity"),
    ],
)
def test_what_would_kill_the_server_or_do_nothing_is_refused(
    kind: str, values: dict[str, Any], words: str
) -> None:
    """Before anything is started."""
    with pytest.raises(ValidationError, match=words):
        fault(kind, **values)


@pytest.mark.parametrize(
    ("kind", "values", "canary"),
    [
        ("bandwidth", {"rate": 1}, "ok"),
        ("slicer", {"average_size": 9}, "ok"),
        ("limit_data", {"bytes": 9}, "no_reply"),
        ("slow_close", {"delay": "2s"}, "no_reply"),
    ],
)
def test_it_is_proven_by_what_a_canary_felt(kind: str, values: dict[str, Any], canary: str) -> None:
    """One look that was slow among others is noise."""
    calm = Observation(0.0, "ok", 0.002)
    hurt = Observation(0.0, canary, 0.05)
    noise = Observation(0.0, "ok", 0.05)
    assert fault(kind, **values).proof(Seen(calm, hurt, hurt, calm)).proven
    assert not fault(kind, **values).proof(Seen(calm, calm, calm, calm, (noise, calm))).proven


@pytest.mark.parametrize(("late_s", "proven"), [(0.0, False), (0.004, False), (0.02, True)])
def test_a_delay_that_may_be_none_needs_a_canary_that_was_late(late_s: float, proven: bool) -> None:
    """Jitter as long as the delay, at one connection in a thousand: most canaries are as ever."""
    one = fault("latency", delay="100ms", jitter="100ms", toxicity=0.001)
    usual, late = Observation(0.0, "ok", 0.001), Observation(1.0, "ok", 0.001 + late_s)
    assert one.proof(Seen(usual, late, late, usual)).proven is proven
