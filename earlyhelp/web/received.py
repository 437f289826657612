"""Requests as pages may rely on them."""

from string import punctuation
from typing import Any
from urllib.parse import quote

from flask import Request


class Received(Request):
    """A request whose question is of ASCII letters alone, as RFC 3986 has it.

    Bytes that somebody's program sends as they are would be an error to each page that reads them as UTF-8: here they
    are written with percent signs, and read like those that a browser writes so.
    """

    def __init__(self, environ: dict[str, Any], *arguments: Any, **named: Any) -> None:
        asked = str(environ.get("QUERY_STRING", ""))
        if not asked.isascii():
            environ["QUERY_STRING"] = quote(asked, safe=punctuation, encoding="latin-1")
        super().__init__(environ, *arguments, **named)
