"""Beginning a case: a contact, or another opening action of the pathway."""

import re
from datetime import datetime

from flask import request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.casework.contacts import received_at_of
from earlyhelp.casework.idempotency import answered_before, remember
from earlyhelp.casework.intake import open_case
from earlyhelp.casework.perform import Performed
from earlyhelp.casework.reading import CaseRow, case_just_changed
from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.pathway.facts import BadFields, UnknownAction, WrongState
from earlyhelp.permissions import may_see
from earlyhelp.records.database import transaction
from earlyhelp.web.api.bodies import ContactSent
from earlyhelp.web.api.case_bodies import case_body
from earlyhelp.web.api.entry import answer, caller, route
from earlyhelp.web.api.etags import etag
from earlyhelp.web.api.received import body_as, body_digest
from earlyhelp.web.services import services

KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?")
OPENING = "receive_contact"


@route("/contacts", methods=("POST",), scope="contacts")
def receive_contact() -> Response:
    """Record a contact. The same Idempotency-Key and body give the same case again."""
    sent, key, now = body_as(ContactSent), _key(), services().now()
    with transaction(services().engine) as connection:
        case = _begun_before(connection, key) or _begin(connection, sent, key, now)
        body = case_body(connection, case, person=caller(), now=now)
    return answer(
        body, 201, {"Location": url_for("api.show_case", reference=case.reference), **etag(case.version)}
    )


def _key() -> str | None:
    """The Idempotency-Key as sent; BadFields when it could not be kept."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if key and not KEY.fullmatch(key):
        raise BadFields({"Idempotency-Key": ["Must be 1 to 200 plain letters, digits and signs"]})
    return key or None


def _begun_before(connection: Connection, key: str | None) -> CaseRow | None:
    """The case that this key began already. Where it moved out of the caller's sight since, it stays there."""
    if key is None:
        return None
    reference = answered_before(connection, person=caller(), key=key, digest=body_digest())
    if reference is None:
        return None
    case = case_just_changed(connection, reference=reference)
    if case.version > 1 and not may_see(caller(), case):
        raise NoSuchCase(reference)
    return case


def _begin(connection: Connection, sent: ContactSent, key: str | None, now: datetime) -> CaseRow:
    opened = _opened(connection, sent, now)
    if key is not None:
        digest, case_id = body_digest(), opened.case_id
        remember(connection, person=caller(), key=key, digest=digest, case_id=case_id, now=now)
    return case_just_changed(connection, reference=opened.reference)


def _opened(connection: Connection, sent: ContactSent, now: datetime) -> Performed:
    try:
        return open_case(
            connection,
            person=caller(),
            action=sent.action or OPENING,
            children=[] if sent.children is None else sent.children,
            referrer=sent.referrer,
            fields=sent.declared(),
            occurred_at=received_at_of(sent.received_at),
            pathway=sent.pathway,
            reason=sent.reason,
            now=now,
        )
    except (UnknownAction, WrongState):
        raise BadFields({"action": ["Must be an opening action of the pathway"]}) from None
