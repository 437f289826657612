"""How much one network may do here in an hour, whichever process answers."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app, make_response, render_template, request
from werkzeug.wrappers import Response

from earlyhelp.casework.public_counts import count_once, network_key
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import transaction
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

View = TypeVar("View", bound=Callable[..., Any])
SAVES_FOR_EACH_REQUEST = 40
"""Pages somebody sends while they write one request, with mistakes and second thoughts."""


def limited(what: str, most: Callable[[], int]) -> Callable[[View], View]:
    """Refuse what is sent, with words and Retry-After, once this network has sent `most()` in the hour."""

    def around(view: View) -> View:
        @wraps(view)
        def counted(*args: Any, **kwargs: Any) -> Any:
            again = _count(what, most()) if request.method == "POST" else None
            return view(*args, **kwargs) if again is None else _too_many(again)

        return cast(View, counted)

    return around


def most_sent() -> int:
    return services().settings.requests_per_hour


def most_saved() -> int:
    return most_sent() * SAVES_FOR_EACH_REQUEST


def _count(what: str, most: int) -> datetime | None:
    from_where = network_key(request.remote_addr or "", str(current_app.config["SECRET_KEY"]))
    with transaction(services().engine) as connection:
        return count_once(connection, what=what, network=from_where, most=most, now=services().now())


def _too_many(again: datetime) -> Response:
    seconds = max(1, int((again - services().now()).total_seconds()) + 1)
    page = render_template("public/too_many.html", at=words.time_words(again.astimezone(LONDON)))
    answer = make_response(page, 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer
