"""A council's own words in everything that people read: `{lead_professional}` in a pathway file."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
TERMS = "terms"


def in_own_words(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a file with each `{term}` replaced. One that the file has no word for stays as it is written."""
    terms = content.get(TERMS)
    words = {k: v for k, v in terms.items() if isinstance(v, str)} if isinstance(terms, dict) else {}
    return {key: part if key == TERMS else _said(part, words) for key, part in content.items()}


def missing_terms(words: str) -> Iterable[str]:
    """Terms of a text that has been through `in_own_words` for which there was no word."""
    return PLACE.findall(words)


def _said(part: Any, words: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        return {key: _said(inner, words) for key, inner in part.items()}
    if isinstance(part, list):
        return [_said(inner, words) for inner in part]
    if not isinstance(part, str) or "{" not in part:
        return part
    said = PLACE.sub(lambda place: words.get(place[1], place[0]), part)
    return said[0].upper() + said[1:] if part.startswith("{") else said
