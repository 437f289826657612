"""Problem details (RFC 9457): what every refusal of the API looks like."""

import json
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

PREFIX = "/api/"
TYPES = "https://earlyhelp.example/problems/"
TITLES = {
    400: ("not-json", "The request is not JSON that can be read"),
    401: ("not-signed-in", "A bearer token is needed"),
    403: ("not-your-role", "Your role may not do this"),
    404: ("not-found", "There is no such thing, or it is not yours to see"),
    405: ("method-not-allowed", "This address does not take that method"),
    406: ("not-acceptable", "Answers are application/json"),
    409: ("conflict", "The case has changed"),
    412: ("stale-version", "The case has changed since you read it"),
    413: ("too-large", "The request is too large"),
    415: ("not-json", "The request must be application/json"),
    422: ("not-valid", "Some of what was sent cannot be accepted"),
    429: ("too-many-requests", "Too many requests: wait, then try again"),
    500: ("failed", "Something went wrong here; nothing was saved"),
    503: ("unavailable", "The service cannot answer now"),
}
WAIT = {429: "60", 503: "1"}
"""After how many seconds a caller may try again, unless the refusal says so itself."""
KEPT_HEADERS = ("Allow", "Retry-After")


class Problem(Exception):
    """An answer that says what is wrong. `more` are further members, such as `errors` or `possible`."""

    def __init__(self, status: int, detail: str, *, kind: str | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.kind, self.more = status, detail, kind, more

    def response(self) -> Response:
        kind, title = TITLES[self.status]
        body = {
            "type": TYPES + (self.kind or kind),
            "title": title,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }
        answer = Response(json.dumps(body), self.status, mimetype="application/problem+json")
        if self.status == 401:
            answer.headers["WWW-Authenticate"] = 'Bearer realm="earlyhelp"'
        if self.status in WAIT:
            answer.headers["Retry-After"] = WAIT[self.status]
        return answer


def not_found() -> Problem:
    """The same words whether there is none or it is not yours: the two must look alike."""
    return Problem(404, "No such thing here")


def problem_for(status: int) -> Response:
    """The problem details of a plain HTTP status."""
    if status == 404:
        return not_found().response()
    known = status if status in TITLES else 400
    return Problem(known, TITLES[known][1]).response()


def problem_of(error: HTTPException) -> Response:
    """The problem details of an error of the web framework, with the headers that tell what to do about it."""
    answer = problem_for(error.code or 500)
    for name, value in error.get_headers():
        if name in KEPT_HEADERS:
            answer.headers[name] = value
    return answer
