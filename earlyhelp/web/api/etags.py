"""The version of a case as an HTTP entity tag, beside `version` in bodies.

A tag names what was written of a case. An answer also tells the time that is left, so none is ever "not modified".
"""

from flask import request
from werkzeug.http import quote_etag

from earlyhelp.pathway.facts import BadFields

MISMATCH = "If-Match and version name different versions of the case: send one, or the same"


def etag(version: int) -> dict[str, str]:
    """The header that names this version of a case."""
    return {"ETag": quote_etag(str(version))}


def seen_version(sent: int | None) -> int | None:
    """The version the caller says they have seen, by `version` in the body, by If-Match, or by both alike.

    Raises BadFields when neither says one or the two differ. `If-Match: *` alone asks for no particular version.
    """
    matched = request.if_match
    if not matched:
        if sent is None:
            raise BadFields({"version": ["Send the version you have seen, here or as If-Match"]})
        return sent
    if matched.star_tag:
        return sent
    numbers = {int(tag) for tag in matched.as_set() if tag.isascii() and tag.isdigit() and len(tag) < 10}
    if sent is not None and sent not in numbers:
        raise BadFields({"version": [MISMATCH]})
    return sent if sent is not None else max(numbers, default=-1)
