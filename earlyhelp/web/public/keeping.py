"""The draft of whoever is asking: found by a cookie that holds nothing but an unguessable token."""

from typing import Any

from flask import request
from werkzeug.wrappers import Response

from earlyhelp.casework.public_drafts import find_draft
from earlyhelp.records.database import reading
from earlyhelp.web.cookies import cookie_name
from earlyhelp.web.public.answers import Answers, codes_offered
from earlyhelp.web.services import services

COOKIE = "request_support"
LONGEST_TOKEN = 100


def token() -> str | None:
    """The token that this browser has."""
    found = request.cookies.get(_name(), "")
    return found if 20 <= len(found) <= LONGEST_TOKEN else None


def answers_so_far() -> tuple[Answers, bool]:
    """What was typed so far, and whether there is a draft at all."""
    with reading(services().engine) as connection:
        draft = find_draft(connection, token=token(), now=services().now())
        codes = codes_offered(connection)
    content: dict[str, Any] = draft.content if draft is not None else {}
    return Answers(content, codes), draft is not None


def remember(answer: Response, value: str) -> None:
    """Give the browser its token until it is closed: a computer may be shared."""
    answer.set_cookie(
        _name(),
        value,
        httponly=True,
        samesite="Lax",
        secure=services().settings.secure_cookies,
    )


def forget(answer: Response) -> None:
    answer.delete_cookie(_name(), httponly=True, samesite="Lax", secure=services().settings.secure_cookies)


def _name() -> str:
    return cookie_name(COOKIE, services().settings)
