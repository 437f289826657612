"""The door of the API: its addresses, who is asking, how it answers."""

import json
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Blueprint, current_app, g, request
from werkzeug.wrappers import Response

from earlyhelp.casework.tokens import FoundToken, find_token, needs_noting, note_use
from earlyhelp.permissions import Person
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import PUBLIC, permitted
from earlyhelp.web.api.limiting import count_request, tell_standing
from earlyhelp.web.api.problems import Problem
from earlyhelp.web.services import services

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
View = TypeVar("View", bound=Callable[..., Any])
JSON_TYPES = ["application/json", "application/problem+json"]


def route(rule: str, methods: tuple[str, ...] = ("GET",), scope: str = "read") -> Callable[[View], View]:
    """An address of the API, for tokens of that scope. They are checked here, not by the session of pages."""

    def add(view: View) -> View:
        permitted(PUBLIC)(view)
        view.scope = scope  # type: ignore[attr-defined]
        return blueprint.route(rule, methods=list(methods))(view)

    return add


def caller() -> Person:
    """Whoever's token was sent."""
    return _token().person


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return as_written(written(body), status, headers)


def written(body: Any) -> bytes:
    """The words of an answer, which may be kept for the next who asks."""
    return json.dumps(body, ensure_ascii=False).encode()


def as_written(words: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(words, status, headers, mimetype="application/json")


@blueprint.before_request
def _who_is_asking() -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(401, "Send a bearer token in the Authorization header")
    with reading(services().engine) as connection:
        found = find_token(connection, token=token.strip(), now=services().now())
    if found is None:
        raise Problem(401, "This token is not known, or was revoked")
    g.token, g.person = found, found.person
    count_request(found.token_id)
    _check_scope(found)
    if request.accept_mimetypes and request.accept_mimetypes.best_match(JSON_TYPES) is None:
        raise Problem(406, "Answers are application/json: say so in the Accept header, or leave it out")


blueprint.after_request(tell_standing)


@blueprint.after_request
def _note_use(response: Response) -> Response:
    """When a token last wrote something. A GET and a refusal leave the database as it was."""
    now = services().now()
    if request.method == "POST" and response.status_code < 400 and needs_noting(_token(), now=now):
        with transaction(services().engine) as connection:
            note_use(connection, token_id=_token().token_id, now=now)
    return response


def _token() -> FoundToken:
    return cast(FoundToken, g.token)


def _check_scope(found: FoundToken) -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    scope = getattr(view, "scope", "read")
    if scope not in found.scopes:
        raise Problem(
            403, f"This token was not made for that: it lacks the scope '{scope}'", kind="not-in-scope"
        )
