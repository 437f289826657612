"""Who may open a page. Every view states its permission; one that states none is never served."""

from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask_login import current_user
from sqlalchemy import insert
from werkzeug.wrappers import Response as BaseResponse

from earlyhelp.casework.kept_work import keep_post
from earlyhelp.permissions import Person, may
from earlyhelp.records.database import transaction
from earlyhelp.records.reference import AccessEntry
from earlyhelp.web.reasons import reason_to_open
from earlyhelp.web.services import services

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"
SIGNED_IN = "signed_in"
HELD_BACK = "held_back"
"""In the session of who must set up a second factor first: where they go on to afterwards."""
FOR_THE_HELD_BACK = frozenset({"security", "account.sign_out"})
UNASKED = frozenset({"why.case", "why.person_record"})
"""The pages on which a reason is given."""
AUTOSAVE = "X-Autosave"
"""The header of what a page's script saves while somebody is writing."""


def permitted(permission: str) -> Callable[[View], View]:
    """State who may open a view: PUBLIC, SIGNED_IN, or a permission of the matrix."""

    def state(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return state


def guard(app: Flask) -> None:
    """Check the permission of every request before its view runs."""
    app.before_request(_check)


def person() -> Person:
    """The signed-in person who is asking."""
    return cast(Person, g.person)


def log_read(*, case_id: int, what: str) -> None:
    """Write who opened which case, and why if they were asked: the only thing that opening a page writes."""
    _log(case_id=case_id, what=what, reason=g.get("reason", ""))


def log_person_read(*, person_id: int, what: str) -> None:
    """The same for somebody's own record."""
    _log(person_id=person_id, what=what, reason=g.get("reason", ""))


def log_search(what: str) -> None:
    """Write that somebody looked at the list of readings itself."""
    _log(what=what)


def _log(**entry: Any) -> None:
    with transaction(services().engine) as connection:
        connection.execute(insert(AccessEntry).values(at=services().now(), user_id=person().id, **entry))


def safe_next(target: str | None) -> str | None:
    """A path of this site to go on to, or None: never another site."""
    if (
        not target
        or not target.startswith("/")
        or target.startswith(("//", "/\\"))
        or not target.isprintable()
    ):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def _going_to() -> str | None:
    """Where to go on after signing in: the page that was asked for, or the form that was sent, which is kept."""
    if request.method == "GET":
        return request.path if request.path != "/" else None
    user_id = str(session.get("_user_id", "")).partition(":")[0]
    if request.method != "POST" or not user_id.isdigit():
        return None
    with transaction(services().engine) as connection:
        key = keep_post(
            connection,
            user_id=int(user_id),
            path=address_asked(),
            fields=list(request.form.items(multi=True)),
            now=services().now(),
        )
    return url_for("kept_work.page", key=key) if key else None


def address_asked() -> str:
    """Where the request went, safe to be kept and to be sent back to whatever stood in it."""
    query = request.query_string.decode("ascii")
    return quote(request.path) + (f"?{query}" if query else "")


def _check() -> BaseResponse | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    if "\0" in request.path:
        abort(404)  # PostgreSQL cannot even be asked for it
    permission = getattr(current_app.view_functions[request.endpoint], "permission", None)
    if permission is None:
        abort(404)
    if permission == PUBLIC:
        return None
    if not current_user.is_authenticated and AUTOSAVE in request.headers:
        abort(401)  # a script asks, and can say so; it would take the page for signing in for an answer
    if not current_user.is_authenticated:
        return redirect(url_for("account.sign_in", next=_going_to()))
    g.person = current_user.person
    if HELD_BACK in session and not FOR_THE_HELD_BACK & {request.endpoint, request.blueprint}:
        return redirect(url_for("security.page"))
    if permission != SIGNED_IN and not may(g.person, permission):
        abort(403)
    return None if request.endpoint in UNASKED else _ask_why()


def _ask_why() -> BaseResponse | None:
    """Send a screener who opens another team's record to the page that asks why, and afterwards on to it."""
    named = request.view_args or {}
    g.reason = reason_to_open(g.person, named)
    if g.reason is not None:
        return None
    if "reference" in named:
        return redirect(url_for("why.case", reference=named["reference"], next=_going_to()))
    return redirect(url_for("why.person_record", public_id=named["public_id"], next=_going_to()))
