"""For administrators: how each person signs in, their sessions and history, and help when a telephone is lost."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response

from earlyhelp.casework import second_factor, sessions
from earlyhelp.casework.office_changes import write_change
from earlyhelp.insight.staff_lists import PAGE, listed_accounts
from earlyhelp.permissions import Person, load_person
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import permitted, person
from earlyhelp.web.account.session import asking
from earlyhelp.web.account.sessions import at_the_door, end_token_of
from earlyhelp.web.asking import number_asked, words_asked
from earlyhelp.web.presenters.words import counted
from earlyhelp.web.services import services

blueprint = Blueprint("sign_ins", __name__, url_prefix="/administration/signing-in")


@blueprint.get("")
@permitted("administration")
def page() -> str:
    """Everybody with an account, and whether a second factor stands at their door."""
    words = words_asked()
    with reading(services().engine) as connection:
        found = listed_accounts(
            connection, words=words, after=number_asked("after"), closed="closed" in request.args
        )
    more = _after(found[PAGE - 1], words) if len(found) > PAGE else None
    return render_template("administration/sign_ins.html", people=found[:PAGE], words=words, next_url=more)


def _after(last: Row[int, str, str, bool, bool], words: str) -> str:
    """The next page's address, also if that account is closed or opened meanwhile."""
    closed = None if last.active else "yes"
    return url_for("sign_ins.page", words=words or None, after=last.id, closed=closed)


@blueprint.get("/<int:user_id>")
@permitted("administration")
def person_page(user_id: int) -> str:
    whose = _whose(user_id)
    with reading(services().engine) as connection:
        standing = second_factor.standing(connection, user_id=user_id)
        context = at_the_door(connection, user_id=user_id, email=whose.email, now=services().now())
    return render_template("administration/sign_in.html", whose=whose, standing=standing, **context)


@blueprint.post("/<int:user_id>/reset-second-factor")
@permitted("administration")
def reset(user_id: int) -> Response:
    """Take a lost second factor away and end every session: whoever has the telephone may have those too."""
    whose, now = _whose(user_id), services().now()
    with transaction(services().engine) as connection:
        second_factor.reset(connection, user_id=user_id)
        sessions.end_all(connection, user_id=user_id, now=now)
        _write(connection, whose, "second_factor_reset")
    flash("The second factor is reset: their password lets them in, and they can set it up again.", "success")
    return redirect(url_for("sign_ins.person_page", user_id=user_id))


@blueprint.post("/<int:user_id>/end-sessions")
@permitted("administration")
def end_all(user_id: int) -> Response:
    whose, now = _whose(user_id), services().now()
    with transaction(services().engine) as connection:
        number = sessions.end_all(connection, user_id=user_id, now=now)
        _write(connection, whose, "sessions_ended")
    flash(f"Signed out everywhere ({counted(number, 'session')}).", "success")
    return redirect(url_for("sign_ins.person_page", user_id=user_id))


@blueprint.post("/<int:user_id>/tokens/<int:token_id>/end")
@permitted("administration")
def end_token(user_id: int, token_id: int) -> Response:
    """End a token that was lost or is not needed any more."""
    _whose(user_id)
    end_token_of(user_id, token_id)
    return redirect(url_for("sign_ins.person_page", user_id=user_id))


def _write(connection: Connection, whose: Person, what: str) -> None:
    """For the person at their door, and for auditors with who did it."""
    assert whose.id is not None
    now, about = services().now(), whose.email
    sessions.note(connection, user_id=whose.id, what=what, visitor=asking(), now=now)
    write_change(
        connection, by=person().email, what=what, about=about, before={}, after={"done": True}, now=now
    )


def _whose(user_id: int) -> Person:
    with reading(services().engine) as connection:
        found = load_person(connection, user_id=user_id)
    if found is None:
        abort(404)
    return found
