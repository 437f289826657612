"""What a person reads when something cannot be done: what to do next, never how the program is built."""

import errno
import logging

from flask import Flask, g, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response

from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.web.api.problems import PREFIX, problem_for, problem_of
from earlyhelp.web.forms.sent import may_be_shown, written
from earlyhelp.web.trail import trail

log = logging.getLogger("earlyhelp.web")

PAGES: dict[int, tuple[str, list[str]]] = {
    400: ("This could not be read", ["Go back, check what was typed, and send it again."]),
    403: ("You cannot open this page", ["Your role does not include it. Ask your manager if you need it."]),
    404: (
        "Page not found",
        [
            "If you typed the address, check it. If it is a case, it may not be yours to see.",
            "Ask your manager if you need it.",
        ],
    ),
    405: ("This cannot be opened like that", ["Go back and use the button on the page."]),
    413: ("That was too large", ["Send less text, or a smaller file."]),
    429: ("Too many attempts", ["Wait a few minutes, then try again."]),
    500: (
        "Sorry, there is a problem",
        ["Nothing was saved. Go back: what you typed should still be there. Try again in a few minutes."],
    ),
}
UNAVAILABLE = "Sorry, the service is unavailable"
EXPIRED = (
    "Please send that again",
    ["You were signed out, or the page was open for long. Go back and send it again."],
)


def answer_errors(app: Flask) -> None:
    """Pages for people, problem details for the API."""
    app.after_request(_note_refusal)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NoSuchCase, lambda _: _page(404))
    app.register_error_handler(CSRFError, lambda _: _render(400, *EXPIRED))
    for away in (OperationalError, InterfaceError, NoConnection):
        app.register_error_handler(away, _database_away)
    app.register_error_handler(OSError, _disk_full)
    app.register_error_handler(Exception, _unexpected)


def _note_refusal(response: Response) -> Response:
    """Who asks for what is not theirs again and again is to be found in the log: by account, without what was named."""
    if response.status_code in {403, 404} and "person" in g and request.url_rule is not None:
        log.warning(
            "refused: %s %s to account %s: %s",
            request.method,
            request.url_rule,
            g.person.id,
            response.status_code,
        )
    return response


def _http(error: HTTPException) -> Response:
    if error.code is not None and 300 <= error.code < 400:
        return error.get_response()
    if isinstance(error, SecurityError):  # a name that is not ours has no pages, nor links to any
        return Response("This service does not answer under that name.", 400, mimetype="text/plain")
    if request.path.startswith(PREFIX):
        return problem_of(error)
    return _page(error.code or 500)


def _database_away(error: Exception) -> Response:
    """The database is gone, locked or full: what was sent is given back in the page, to be sent again."""
    log.error("database away: %s %s: %s", request.method, request.url_rule, type(error).__name__)
    return _unavailable()


def _disk_full(error: OSError) -> Response:
    if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
        return _unexpected(error)
    log.error("no room left: %s %s", request.method, request.url_rule)
    return _unavailable()


def _unavailable() -> Response:
    if request.path.startswith(PREFIX):
        return problem_for(503)
    g.pop("person", None)  # the page must ask the database nothing
    password = any("password" in name.lower() for name in request.form)
    kept = [] if password else [pair for pair in request.form.items(multi=True) if may_be_shown(pair[0])]
    sent = request.method == "POST"
    page = render_template(
        "layout/unavailable.html",
        heading=UNAVAILABLE,
        here=request.full_path if request.query_string else request.path,
        sent=sent,
        kept=kept,
        written=written(kept),
        files=bool(request.files),
    )
    return Response(page, 503, {"Retry-After": "30"}, mimetype="text/html")


def _unexpected(error: Exception) -> Response:
    log.error("request failed: %s %s: %s", request.method, request.url_rule, trail(error))
    return _page(500)


def _page(status: int) -> Response:
    if request.path.startswith(PREFIX):
        return problem_for(status)
    heading, lines = PAGES.get(status, PAGES[400])
    return _render(status, heading, lines)


def _render(status: int, heading: str, lines: list[str]) -> Response:
    return Response(
        render_template("layout/error.html", heading=heading, lines=lines), status, mimetype="text/html"
    )
