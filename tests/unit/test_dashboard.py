"""The dashboard of compose/observe, without a Grafana: its shape, and that no field is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from harness.report.grafana import TAGS
from harness.yaml_source import load_yaml, plain

OBSERVE = Path(__file__).parents[2] / "compose/observe"
GRAFANA = OBSERVE / "grafana"
COLUMNS = 24  # of Grafana's grid
# What the Prometheus data source reads of its annotation queries, beyond the schema of all.
OF_PROMETHEUS = {"titleFormat", "textFormat", "step"}


@pytest.fixture
def dashboard() -> dict[str, Any]:
    """The file as Grafana is given it."""
    document: dict[str, Any] = json.loads((GRAFANA / "dashboards/lending.json").read_text())
    return document


def sources(part: Any) -> Iterator[str]:
    """The uid of every data source that anything on the dashboard asks."""
    if isinstance(part, dict):
        if "datasource" in part:
            yield part["datasource"]["uid"]
        for inner in part.values():
            yield from sources(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from sources(inner)


def lost(given: Any, kept: Any, place: str = "") -> Iterator[str]:
    """What is in `given` and not, or otherwise, in `kept`."""
    if isinstance(given, dict):
        for name, value in given.items():
            inner = kept.get(name) if isinstance(kept, dict) else None
            yield from lost(value, inner, f"{place}/{name}")
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for number, (one, other) in enumerate(zip(given, kept, strict=True)):
            yield from lost(one, other, f"{place}/{number}")
    elif given != kept:
        yield place


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    """Whether two panels share a cell of the grid."""
    return all(
        one[at] < other[at] + other[size] and other[at] < one[at] + one[size]
        for at, size in (("x", "w"), ("y", "h"))
    )


def test_panels_have_their_own_number_and_their_own_place(dashboard: dict[str, Any]) -> None:
    """Grafana would show one of two panels with a number, or push them about."""
    panels = dashboard["panels"]
    numbers = [panel["id"] for panel in panels]
    assert len(set(numbers)) == len(numbers) > 0
    places = [panel["gridPos"] for panel in panels]
    assert not [pair for pair in combinations(places, 2) if overlap(*pair)]
    assert all(place["x"] + place["w"] <= COLUMNS for place in places)
    assert all(panel["title"] and panel["targets"] for panel in panels)


def test_every_question_goes_to_a_data_source_that_is_there(dashboard: dict[str, Any]) -> None:
    """By the uid that is provisioned, or to Grafana itself."""
    provisioned = plain(load_yaml(GRAFANA / "provisioning/datasources/prometheus.yaml"))
    known = {source["uid"] for source in provisioned["datasources"]}
    assert set(sources(dashboard)) - known == {"-- Grafana --"}


def test_fault_windows_are_asked_for_by_the_tags_that_a_run_sends(
    dashboard: dict[str, Any],
) -> None:
    """Else they would be in Grafana, and on no dashboard."""
    (query,) = (one for one in dashboard["annotations"]["list"] if one["name"] == "Fault windows")
    assert query["enable"]
    assert query["target"]["tags"] == [*TAGS]
    assert not query["target"]["matchAny"]


def test_dashboards_lie_where_grafana_is_told_to_look() -> None:
    """The folder of the provider is the one that compose mounts."""
    (provider,) = plain(load_yaml(GRAFANA / "provisioning/dashboards/files.yaml"))["providers"]
    compose = plain(load_yaml(OBSERVE.parent / "compose.yaml"))
    mounted = {
        one.split(":")[1]: one.split(":")[0] for one in compose["services"]["grafana"]["volumes"]
    }
    assert mounted[provider["options"]["path"]] == "./observe/grafana/dashboards"


def test_grafanas_own_types_know_every_field(dashboard: dict[str, Any]) -> None:
    """A field that is misspelt is dropped without a word, by Grafana as by its types."""
    sdk = pytest.importorskip(
        "grafana_foundation_sdk.models.dashboard",
        reason="pip install grafana-foundation-sdk checks the dashboard against Grafana's types",
    )
    encoder = pytest.importorskip("grafana_foundation_sdk.cog.encoder")
    pytest.importorskip("grafana_foundation_sdk.cog.plugins").register_default_plugins()
    model = sdk.Dashboard.from_json(json.loads(json.dumps(dashboard)))
    kept = json.loads(json.dumps(model, cls=encoder.JSONEncoder))
    assert [
        place for place in lost(dashboard, kept) if place.rpartition("/")[2] not in OF_PROMETHEUS
    ] == []
