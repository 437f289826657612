"""A council's own words in everything that people read: `{lead_professional}` in a pathway file."""

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

USUAL = {
    "lead_professional": "lead professional",
    "assessment": "early help assessment",
    "front_door": "front door",
}
"""What the standard pathway calls things that words outside of any pathway file name too."""
PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
TERMS = "terms"


def in_own_words(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a file with each `{term}` replaced. One that the file has no word for stays as it is written."""
    terms = content.get(TERMS)
    words = {k: v for k, v in terms.items() if isinstance(v, str)} if isinstance(terms, dict) else {}
    return {key: part if key == TERMS else _said(part, words) for key, part in content.items()}


def respoken(text: str, terms: Mapping[str, str]) -> str:
    """A text of our own with a council's words for the usual ones: in the plural, or with a capital, as they stand."""
    for term, usual in USUAL.items():
        own = terms.get(term, usual)
        if own != usual:
            text = re.sub(rf"\b{usual}(s?)\b", partial(_as_found, own), text, flags=re.IGNORECASE)
    return text


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


def _as_found(own: str, found: re.Match[str]) -> str:
    many = re.sub(r"(?= \(|$)", "s", own, count=1) if found[1] else own
    return many[:1].upper() + many[1:] if found[0][0].isupper() else many
