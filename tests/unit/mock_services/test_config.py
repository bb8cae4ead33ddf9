"""A stand-in starts only with a config that is right in every part."""

from __future__ import annotations

from typing import Any

import pytest

from mock_services.config import read_config
from mock_services.documents import InvalidDocument
from mock_services.kinds import KINDS

pytestmark = pytest.mark.unit
OPTIONS = {name: kind.options for name, kind in KINDS.items()}


def _config(**changes: Any) -> dict[str, Any]:
    good = {"kind": "risk_engine", "name": "risk", "host": "127.0.0.1", "port": 20001}
    return {**good, "t0_ns": 0, "seed": 7, "options": {"approve_share": 0.5}, **changes}


def test_good_config_is_read() -> None:
    """Every field arrives."""
    config = read_config(_config(), OPTIONS)
    assert (config.name, config.port, config.options) == ("risk", 20001, {"approve_share": 0.5})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", ""])
def test_only_loopback_is_served(host: str) -> None:
    """A stand-in is never reachable from another machine."""
    with pytest.raises(InvalidDocument, match=r"^host: got "):
        read_config(_config(host=host), OPTIONS)


def test_every_problem_of_config_and_options_is_listed() -> None:
    """One reading is enough to mend the file."""
    bad = _config(port=0, colour="red", options={"approve_share": 2, "speed": 1})
    with pytest.raises(InvalidDocument) as caught:
        read_config(bad, OPTIONS)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "port",
        "colour",
        "options.approve_share",
        "options.speed",
    ]


def test_gateway_needs_to_know_where_callbacks_go() -> None:
    """The one option without a default."""
    with pytest.raises(InvalidDocument, match=r"options\.callback_url: missing"):
        read_config(_config(kind="payment_gateway", options={}), OPTIONS)


def test_a_kind_that_there_is_not_is_refused_with_those_there_are() -> None:
    """Beside everything else that is wrong."""
    with pytest.raises(InvalidDocument) as caught:
        read_config(_config(kind="oracle", port=0), OPTIONS)
    assert "kind: got 'oracle'; allowed: payment_gateway, risk_engine" in str(caught.value)
    assert len(caught.value.problems) == 2
