"""Where a person is signed in, their tokens, ending those, and what happened at their door."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, session, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.casework import sessions
from earlyhelp.casework.office_changes import end_token
from earlyhelp.casework.sign_in import failures_of
from earlyhelp.casework.tokens import live_tokens
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import SIGNED_IN, permitted, person
from earlyhelp.web.account.known_browser import COUNTED
from earlyhelp.web.account.session import IDLE, KEY, LONGEST, asking
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

blueprint = Blueprint("sessions", __name__, url_prefix="/account/sessions")
HAPPENED: Mapping[str, str] = {
    "signed_in_password": "Signed in with a password",
    "signed_in_code": "Signed in with a password and a code",
    "signed_in_passkey": "Signed in with a passkey",
    "signed_in_single_sign_on": "Signed in with the council's sign-in",
    "wrong_password": "Wrong password",
    "wrong_code": "Wrong code after the right password",
    "second_factor_set_up": "Second factor set up",
    "second_factor_removed": "Second factor removed",
    "second_factor_reset": "Second factor reset by an administrator",
    "new_recovery_codes": "New recovery codes made",
    "password_changed": "Password changed",
    "password_made": "New password made by an administrator",
    "passkey_added": "Passkey added",
    "passkey_removed": "Passkey removed",
    "account_closed": "Account closed by an administrator",
    "account_opened": "Account opened again by an administrator",
    "token_ended": "Token for the API ended",
    "sessions_ended": "Signed out everywhere by an administrator",
}


@blueprint.get("")
@permitted(SIGNED_IN)
def page() -> str:
    own = _own_id()
    with reading(services().engine) as connection:
        here = sessions.lasting(connection, user_id=own, key=str(session.get(KEY)))
        context = at_the_door(connection, user_id=own, email=person().email, now=services().now())
    return render_template("account/sessions.html", here=here, **context)


@blueprint.post("/<int:session_id>/end")
@permitted(SIGNED_IN)
def end(session_id: int) -> Response:
    """End one session. Somebody else's looks as if there were none."""
    with transaction(services().engine) as connection:
        ended = sessions.end_one(
            connection, user_id=_own_id(), session_id=session_id, now=services().now()
        ) or sessions.is_theirs(connection, user_id=_own_id(), session_id=session_id)
    if not ended:
        abort(404)
    flash("That session is ended.", "success")
    return redirect(url_for("sessions.page"))


@blueprint.post("/end-others")
@permitted(SIGNED_IN)
def end_others() -> Response:
    key = str(session.get(KEY))
    with transaction(services().engine) as connection:
        number = sessions.end_others(connection, user_id=_own_id(), key=key, now=services().now())
    flash(f"You are signed out everywhere else ({words.counted(number, 'session')}).", "success")
    return redirect(url_for("sessions.page"))


@blueprint.post("/tokens/<int:token_id>/end")
@permitted(SIGNED_IN)
def end_own_token(token_id: int) -> Response:
    end_token_of(_own_id(), token_id)
    return redirect(url_for("sessions.page"))


def end_token_of(user_id: int, token_id: int) -> None:
    """End somebody's token for the API, told at their door; 404 when they never had such a one."""
    now, by = services().now(), person().email
    with transaction(services().engine) as connection:
        if not end_token(connection, user_id=user_id, token_id=token_id, by=by, now=now):
            abort(404)
        sessions.note(connection, user_id=user_id, what="token_ended", visitor=asking(), now=now)
    flash("That token is ended: whatever used it is refused from now on.", "success")


def at_the_door(connection: Connection, *, user_id: int, email: str, now: datetime) -> dict[str, Any]:
    """What the pages about a person's sessions show: to the person, and to an administrator."""
    notes = [
        (note.at, HAPPENED.get(note.what, note.what), note.network, note.agent)
        for note in sessions.notes_of(connection, user_id=user_id)
    ]
    failed = [
        (at, HAPPENED["wrong_password"], asking_network(network), "")
        for at, network in failures_of(connection, email=email)
    ]
    return {
        "open_ones": sessions.open_ones(
            connection, user_id=user_id, begun_after=now - LONGEST, seen_after=now - IDLE
        ),
        "tokens": live_tokens(connection, user_id=user_id),
        "happened": sorted([*notes, *failed], reverse=True)[: sessions.SHOWN],
        "ways": HAPPENED,
        "words": words,
        "now": now,
    }


def asking_network(address: str) -> str:
    """As much of an address as is shown."""
    if address.startswith(COUNTED):
        return "A browser used before"
    return sessions.visitor(address=address, agent="").network


def _own_id() -> int:
    own = person().id
    assert own is not None
    return own
