"""What a run in containers would consist of: nothing is started."""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import Path
from typing import Any

import pytest

from chaos.targets.reference import STAND_INS, TARGET, Reference
from harness.errors import ConfigError
from harness.registry import design_files
from harness.runtimes.docker import composed, containers, plan
from harness.runtimes.docker.images import Images
from harness.runtimes.docker.subnets import RANGE, VARIABLE, subnets
from harness.runtimes.real.document import RunFolders, identity
from harness.yaml_source import load_yaml, plain

ROOT = Path(__file__).parents[2]
IMAGES = Images("ours/programs:1", "ours/database:1", "ours/toxiproxy:1")
FOLDERS = RunFolders("a-run", Path("/nowhere/a-run"))


@pytest.fixture
def places() -> plan.Places:
    """A run of the reference service."""
    return plan.Places("a-run.network", ipaddress.IPv4Network("198.18.0.0/26"), TARGET, 20_001)


def test_no_container_gets_a_right_and_each_is_bounded(places: plan.Places) -> None:
    """Read-only, no capability, bounded memory and processes; published on loopback alone."""
    specs = containers.specs(places, IMAGES, FOLDERS, "the-token", "the-password")
    assert specs.keys() == {"toxiproxy", "disk", *(service.name for service in TARGET.services)}
    for spec in specs.values():
        assert spec["read_only"]
        assert spec["cap_drop"] == ["ALL"]
        assert 0 < spec["memswap_limit"] == spec["mem_limit"]
        assert spec["pids_limit"] > 0
        assert all(host == "127.0.0.1" for host, _ in spec.get("ports", {}).values())


def test_addresses_are_all_different_and_in_the_subnet(places: plan.Places) -> None:
    """No two containers collide, none takes the machine's own address."""
    specs = containers.specs(places, IMAGES, FOLDERS, "the-token", "the-password")
    addresses = [ipaddress.IPv4Address(spec["address"]) for spec in specs.values()]
    assert len(set(addresses)) == len(addresses)
    assert all(places.subnet[1] < address < places.subnet[-1] for address in addresses)


def test_neither_token_nor_password_is_in_the_recovery_state(places: plan.Places) -> None:
    """The file is kept; secrets are not."""
    text = json.dumps({**identity(FOLDERS, "the-token", "1:1"), **plan.document(places, "a-run")})
    assert "the-token" not in text
    assert "password" not in text


def test_subnets_lie_in_the_range_for_benchmarks_and_differ_from_run_to_run() -> None:
    """Never a company's own network; two runs do not begin at the same place."""
    first, other = next(subnets("run-1")), next(subnets("run-2"))
    assert first != other
    assert all(one.subnet_of(ipaddress.IPv4Network(RANGE)) for one in subnets("run-1"))


@pytest.mark.parametrize("given", ["10.1.2.0/30", "nonsense", "fe80::/64"])
def test_a_range_that_is_none_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable, what it holds, what would do."""
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(ConfigError, match=rf"{VARIABLE}: '{given}'.*{RANGE}"):
        next(subnets("run-1"))


def test_a_range_of_ones_own_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has a use for 198.18.0.0/15 names another."""
    monkeypatch.setenv(VARIABLE, "10.77.0.0/24")
    assert {one.network_address.exploded[:6] for one in subnets("run-1")} == {"10.77."}


def test_compose_runs_the_system_that_experiments_run() -> None:
    """Its files are made of the target; made again: python -m harness.runtimes.docker.composed."""
    design: dict[str, Any] = plain(load_yaml(design_files()["hardened"]))
    wanted = composed.files(TARGET, design)
    there = {path.name: path.read_text() for path in composed.FOLDER.iterdir()}
    assert there == wanted
    text = composed.COMPOSE.read_text()
    assert composed.compose(TARGET, text) == text


def test_compose_follows_the_target(tmp_path: Path) -> None:
    """One more third party in the target is one more container; the rest of the file stays."""
    more = Reference({**STAND_INS, "payment_c": "payment_gateway"})
    text = composed.COMPOSE.read_text()
    made = tmp_path / "compose.yaml"
    made.write_text(composed.compose(more, text))
    services = plain(load_yaml(made))["services"]
    assert services["payment_c"] == {
        **services["payment_a"],
        "volumes": ["./config/payment_c.json:/run/harness/service.json:ro"],
    }
    assert composed.compose(TARGET, made.read_text()) == text


def test_every_service_of_compose_is_bounded_and_has_a_healthcheck() -> None:
    """The same care as in a run; merged from the anchors of the file."""
    services = plain(load_yaml(ROOT / "compose/compose.yaml"))["services"]
    assert services.keys() >= {"toxiproxy", *(service.name for service in TARGET.services)}
    for name, service in services.items():
        assert service["healthcheck"]["test"], name
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_dashboard_and_alerts_ask_for_figures_that_the_service_has() -> None:
    """A renamed figure would leave an empty panel, and an alert that never fires."""
    source = (ROOT / "lending_service/metrics.py").read_text()
    observe = ROOT / "compose/observe"
    asked = (observe / "prometheus/rules.yaml").read_text()
    dashboard = json.loads((observe / "grafana/dashboards/lending.json").read_text())
    asked += json.dumps(dashboard)
    names = set(re.findall(r"lending_[a-z_]+", asked))
    assert len(names) > 3
    assert {name for name in names if f'"{name}"' not in source} == set()
    titles = [annotation["name"] for annotation in dashboard["annotations"]["list"]]
    assert "Fault windows" in titles
