"""Experiments as tests of one's own: pytest docs/examples/pytest --chaos-runtime=sim"""

import pytest

SHORT = {"baseline": "4s", "fault": "5s", "recovery": "8s", "objective": "4s"}


@pytest.mark.chaos
def test_a_lost_reply_pays_nobody_twice(chaos_run):
    result = chaos_run("X01", design="hardened", rate="12/s", vars=SHORT)
    assert result.verdict == "pass", result.reasons


@pytest.mark.chaos
def test_the_naive_design_is_found_out(chaos_run):
    result = chaos_run("X01", design="naive", rate="12/s", vars=SHORT)
    assert any("no_double_payout" in reason for reason in result.reasons)
