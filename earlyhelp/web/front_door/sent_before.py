"""A contact that is sent twice begins one case: a double click, a page loaded again, an answer that never arrived."""

import hashlib
import json

from flask import request
from sqlalchemy import Connection

from earlyhelp.casework.idempotency import answered_before, remember
from earlyhelp.web.access import person
from earlyhelp.web.services import services

SENT_OTHERWISE = (
    "This contact was saved already, with other words. What you typed now is kept as unfinished: if it is another "
    "contact, copy it into a new page; if not, write it as a note on the case."
)
LONGEST_KEY = 100


def saved_before(connection: Connection, key: str) -> str | None:
    """The reference of the case that this page began already, or None. KeyReused when it was sent with other words."""
    if not _is_kept(key):
        return None
    return answered_before(connection, person=person(), key=_named(key), digest=_digest())


def remember_sent(connection: Connection, key: str, case_id: int) -> None:
    if _is_kept(key):
        now = services().now()
        remember(connection, person=person(), key=_named(key), digest=_digest(), case_id=case_id, now=now)


def _is_kept(key: str) -> bool:
    return 0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()


def _named(key: str) -> str:
    """Apart from the keys that callers of the API choose."""
    return f"page:{key}"


def _digest() -> str:
    sent = [[name, values] for name, values in sorted(request.form.lists()) if name != "csrf_token"]
    return hashlib.sha256(json.dumps(sent).encode()).hexdigest()
