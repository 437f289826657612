"""What the pages have in common on which an administrator sends a file that is imported after a yes."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, request, url_for


def takes_uploads(blueprint: Blueprint, *, largest: int) -> None:
    """Let these pages take files of so many bytes: it is said before anything reads the form."""

    @blueprint.url_value_preprocessor
    def allow(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        request.max_content_length = largest


def page_of(found: Sequence[Any], number: int, endpoint: str) -> dict[str, Any]:
    """What a page of the last imports shows of those found, which are one more where there is a next page."""
    more = url_for(endpoint, after=found[number - 1].id) if len(found) > number else None
    return {"imports": found[:number], "next_url": more}
