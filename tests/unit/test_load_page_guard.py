"""Locust's page during a run: who is let in, and by which secret."""

from __future__ import annotations

from types import SimpleNamespace

import flask
import pytest

from harness.load.command import TOKEN
from harness.load.keys import page_token
from harness.load.page_guard import COOKIE, guard

SECRET, OWN = "of-one-load", "http://127.0.0.1:8089"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> flask.testing.FlaskClient:
    """A browser at a guarded page, which was given the address that the run printed."""
    monkeypatch.setenv(TOKEN, SECRET)
    app = flask.Flask("page")
    app.add_url_rule("/stop", view_func=lambda: "stopped")
    guard(SimpleNamespace(app=app, port=8089))
    browser = app.test_client()
    browser.get(f"{OWN}/?token={page_token(SECRET)}")
    return browser


def test_what_a_browser_hands_to_every_port_is_not_the_token_of_the_load(
    page: flask.testing.FlaskClient,
) -> None:
    """Cookies know no ports: another user's server on the machine is sent them too."""
    cookie = page.get_cookie(COOKIE, "127.0.0.1")
    assert cookie is not None
    assert cookie.value not in ("", SECRET)
    assert page.get(f"{OWN}/stop").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:1234"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example:8089"},
    ],
)
def test_a_page_of_another_port_stops_no_load(
    page: flask.testing.FlaskClient, headers: dict[str, str]
) -> None:
    """Its requests bring the cookie along: another port of one host is the same site."""
    assert page.get(f"{OWN}/stop", headers=headers).status_code == 403


def test_without_the_address_nothing_is_shown(page: flask.testing.FlaskClient) -> None:
    """Nor with the token of the load, which is for its workers."""
    stranger = page.application.test_client()
    assert stranger.get(f"{OWN}/stop").status_code == 403
    assert stranger.get(f"{OWN}/stop?token={SECRET}").status_code == 403
