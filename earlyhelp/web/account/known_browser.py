"""Browsers from which somebody signed in before: what others in the same building get wrong does not bar them.

A whole council often comes from one network address, so that counting by address alone would let one colleague lock
another out. A browser that got in carries a signed mark for that account, and is counted by itself: it has ten
attempts of its own, and who has no mark cannot use them up (OWASP, device cookies).
"""

import secrets

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from earlyhelp.casework.sign_in import account_key
from earlyhelp.web.cookies import cookie_name
from earlyhelp.web.services import services

COOKIE = "earlyhelp_browser"
LASTS = 180 * 24 * 3600
MOST = 5
"""Accounts that one browser keeps a mark for, latest first."""
COUNTED = "browser "


def counted_as(email: str) -> str:
    """Under what an attempt at this account is counted: the mark of a browser that got in, or else the address."""
    mark = _marks().get(_short(email))
    return f"{COUNTED}{mark}" if mark else request.remote_addr or ""


def remember(response: Response, email: str) -> Response:
    """Mark this browser as one from which this account was entered."""
    held, mine = _marks(), _short(email)
    mark = held.pop(mine, None) or secrets.token_hex(16)
    kept = {mine: mark, **dict(list(held.items())[: MOST - 1])}
    response.set_cookie(
        cookie_name(COOKIE, services().settings),
        str(_serializer().dumps(kept)),
        max_age=LASTS,
        httponly=True,
        secure=services().settings.secure_cookies,
        samesite="Lax",
    )
    return response


def _marks() -> dict[str, str]:
    try:
        marks: dict[str, str] = _serializer().loads(
            request.cookies.get(cookie_name(COOKIE, services().settings), "")
        )
    except BadSignature:
        return {}
    return marks


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt="browsers that got in")


def _short(email: str) -> str:
    return account_key(email)[:16]
