"""The blueprint of the public pages: what is sent to them is small, and what they show is nobody else's."""

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

blueprint = Blueprint("public", __name__)
LARGEST_ANSWER = 150_000
MOST_PARTS = 200


@blueprint.url_value_preprocessor
def keep_small(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Before anything reads the form: nobody has more to say on one page."""
    request.max_content_length = LARGEST_ANSWER
    request.max_form_parts = MOST_PARTS


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """No search engine lists these pages, and no site that they lead to learns their address."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = (
        "no-referrer" if request.path.startswith("/receipt/") else "same-origin"
    )
    return response
