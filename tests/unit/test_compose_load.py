"""What Locust's page in compose is given: our journeys, one address, and bounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.load.driver import find_journey
from harness.runtimes.docker.composed import wiring_of
from harness.runtimes.docker.images import LOAD, ROOT
from harness.target import load_target
from harness.workload import LoadPlan
from harness.yaml_source import load_yaml, plain

COMPOSE = Path(ROOT) / "compose"


@pytest.fixture
def document() -> dict[str, Any]:
    """The plan that compose mounts."""
    found: dict[str, Any] = json.loads((COMPOSE / "load/plan.json").read_text())
    return found


def test_the_page_has_the_journeys_of_experiments(document: dict[str, Any]) -> None:
    """A name that is none would end the first user that is started."""
    plan = LoadPlan(**document["plan"])
    assert [find_journey(name).name for name in plan.journeys] == [*plan.journeys]
    assert load_target(plan.target).entry


def test_a_load_that_nobody_stops_ends_and_stays_small(document: dict[str, Any]) -> None:
    """In time and in borrowers a second, whatever is typed in."""
    assert 0 < document["plan"]["duration_s"] <= 900
    assert 0 < document["users_max"] * document["plan"]["arrivals_per_s"] <= 20


def test_the_load_enters_by_the_borrowers_link(document: dict[str, Any]) -> None:
    """Through Toxiproxy, so that a fault on that link is felt; shown as the host on the page."""
    target = load_target(document["plan"]["target"])
    host, port = wiring_of(target, {}).through(target.entry)
    assert document["base_url"] == f"http://{host}:{port}"
    load = plain(load_yaml(COMPOSE / "compose.yaml"))["services"]["load"]
    assert document["base_url"] in load["command"]
    assert "--autostart" not in load["command"]


def test_the_image_is_made_of_every_file_that_its_dockerfile_copies() -> None:
    """A file that its tag does not stand for would be in the image as it was some day."""
    text = (COMPOSE / "load/Dockerfile").read_text().replace("\\\n", " ")
    copies = [line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY")]
    copied = {source for sources in copies for source in sources if not source.startswith("--from")}
    assert copied - {"compose/wheels", "/opt/harness"} == {*LOAD.sources[1:]}
