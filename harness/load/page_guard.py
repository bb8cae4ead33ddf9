"""Locust's own page during a run: for whoever knows its address, which holds the load's token.

Another user of the machine, or a page elsewhere that a browser shows, could stop the load with it.
"""

from __future__ import annotations

import hmac
from typing import Any

from flask import Response, redirect, request

from harness.load.messages import token

COOKIE, PARAMETER = "harness-load", "token"
HOSTS = ("127.0.0.1", "localhost")


def guard(web_ui: Any) -> None:
    """Ask everybody for the token: `/?token=...` once, then a cookie.

    Args:
        web_ui: Locust's.
    """
    names = {f"{host}:{web_ui.port}" for host in HOSTS}

    def refuse() -> Any:
        if request.host not in names:
            return Response("another host is named\n", 403)
        if _same(request.cookies.get(COOKIE, "")):
            return None
        if not _same(request.args.get(PARAMETER, "")):
            return Response("the address that the run printed has a token\n", 403)
        entered = redirect("/")
        entered.set_cookie(COOKIE, token(), httponly=True, samesite="Strict")
        return entered

    web_ui.app.before_request(refuse)


def _same(given: str) -> bool:
    return bool(token()) and hmac.compare_digest(given.encode(), token().encode())
