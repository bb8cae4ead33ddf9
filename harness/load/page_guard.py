"""Locust's own page during a run: for whoever knows its address, which holds a token.

Another user of the machine, or a page that a browser shows, could stop the load with it. A page of
another port of this machine counts as the same site, so who asks is told by its headers.
"""

from __future__ import annotations

import hmac
from typing import Any

from flask import Response, redirect, request

from harness.load.keys import page_token
from harness.load.messages import token

COOKIE, PARAMETER, SITE = "harness-load", "token", "Sec-Fetch-Site"
HOSTS = ("127.0.0.1", "localhost")
OWN = ("same-origin", "none")  # Source: W3C, Fetch Metadata, Sec-Fetch-Site: itself, a person


def guard(web_ui: Any) -> None:
    """Ask everybody for the token: `/?token=...` once, then a cookie.

    Args:
        web_ui: Locust's.
    """
    names = {f"{host}:{web_ui.port}" for host in HOSTS}

    def refuse() -> Any:
        if request.host not in names:
            return Response("another host is named\n", 403)
        origin = request.headers.get("Origin")
        elsewhere = origin is not None and origin.partition("://")[2] not in names
        if elsewhere or request.headers.get(SITE, OWN[0]) not in OWN:
            return Response("another page asks\n", 403)
        if _same(request.cookies.get(COOKIE, "")):
            return None
        if not _same(request.args.get(PARAMETER, "")):
            return Response("the address that the run printed has a token\n", 403)
        entered = redirect("/")
        entered.set_cookie(COOKIE, page_token(token()), httponly=True, samesite="Strict")
        return entered

    web_ui.app.before_request(refuse)


def _same(given: str) -> bool:
    wanted = page_token(token())
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())
