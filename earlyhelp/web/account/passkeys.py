"""Passkeys: signing in with one, making one, taking one away. Without JavaScript they are not offered."""

import base64
from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_wtf import FlaskForm
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.casework import passkeys, second_factor, sessions
from earlyhelp.casework.passkeys import Asked, PasskeyRefused, RelyingParty
from earlyhelp.permissions import Person
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import HELD_BACK, PUBLIC, SIGNED_IN, permitted, person, safe_next
from earlyhelp.web.account.known_browser import remember
from earlyhelp.web.account.own_password import wrong_password
from earlyhelp.web.account.relying_party import relying_party
from earlyhelp.web.account.session import asking, enter, may_use_local
from earlyhelp.web.forms.fields import Password, Text
from earlyhelp.web.services import services

blueprint = Blueprint("passkeys", __name__)
CHALLENGE, ADDING = "passkey_challenge", "passkey_to_add"
WAITS = timedelta(minutes=10)
NOT_TAKEN = "That passkey did not let you in. Try again, or use your password"
TOO_LATE = "That took too long. Start again"


class AddForm(FlaskForm):
    name = Text(
        "Name of the passkey",
        description="Such as Work laptop, so that you know it again",
        width="20",
        render_kw={"autocomplete": "off"},
    )
    password = Password("Your password")


class RemoveForm(FlaskForm):
    password = Password("Your password")


@blueprint.get("/sign-in/passkey")
@permitted(PUBLIC)
def ask() -> dict[str, str] | Response:
    """What the page's script hands to the browser. The same for everybody."""
    party = relying_party()
    if party is None:
        return redirect(url_for("account.sign_in"))
    asked = passkeys.ask_to_sign_in(party)
    _expect(CHALLENGE, asked)
    return {"options": asked.options}


@blueprint.post("/sign-in/passkey")
@permitted(PUBLIC)
def sign_in() -> Response:
    """Let in whose passkey answered: it is two factors in one, so that no code is asked for."""
    party, going_to = _party(), safe_next(request.args.get("next"))
    expected = _expected(CHALLENGE)
    whose = _answered(party, *expected) if expected else None
    if whose is None or not may_use_local(whose):
        flash(NOT_TAKEN)
        return redirect(url_for("account.sign_in", next=going_to))
    return remember(enter(whose, method="passkey", going_to=going_to), whose.email)


@blueprint.route("/account/passkeys/add", methods=["GET", "POST"])
@permitted(SIGNED_IN)
def add() -> Response | str | tuple[str, int]:
    """A name for it, and the password: an open browser alone must not be enough to add a way in."""
    _party()
    form = AddForm()
    if request.method == "GET":
        return render_template("account/passkey_add.html", form=form)
    try:
        name = passkeys.checked_name(form.name.value)
    except PasskeyRefused as refused:
        form.name.errors = (str(refused),)
    else:
        form.password.errors = wrong_password(form.password.data or "")
    if form.name.errors or form.password.errors:
        return render_template("account/passkey_add.html", form=form, form_has_errors=True), 422
    session[ADDING] = [name, services().now().isoformat()]
    return redirect(url_for("passkeys.make"))


@blueprint.route("/account/passkeys/make", methods=["GET", "POST"])
@permitted(SIGNED_IN)
def make() -> Response | str:
    """The device makes it, and its public half is kept. With the first come recovery codes, this once."""
    party, name = _party(), _being_added()
    if name is None:
        flash(TOO_LATE)
        return redirect(url_for("passkeys.add"))
    if request.method == "GET":
        with reading(services().engine) as connection:
            asked = passkeys.ask_to_add(connection, person=person(), party=party)
        _expect(CHALLENGE, asked)
        return render_template("account/passkey_make.html", name=name, options=asked.options)
    expected = _expected(CHALLENGE)
    try:
        codes = _added(party, name, *expected) if expected else None
    except PasskeyRefused as refused:
        flash(str(refused))
        return redirect(url_for("passkeys.make"))
    if expected is None:
        return redirect(url_for("passkeys.make"))
    session.pop(ADDING, None)
    going_to = safe_next(session.pop(HELD_BACK, None)) or url_for("security.page")
    if codes:
        return render_template("account/recovery_codes.html", codes=codes, going_to=going_to)
    flash("The passkey is added.", "success")
    return redirect(going_to)


@blueprint.route("/account/passkeys/<int:passkey_id>/remove", methods=["GET", "POST"])
@permitted(SIGNED_IN)
def remove(passkey_id: int) -> Response | str | tuple[str, int]:
    """Take one away, with the password. Somebody else's looks as if there were none."""
    name, form = _name_of(passkey_id), RemoveForm()
    if request.method == "GET":
        return render_template("account/passkey_remove.html", form=form, name=name)
    form.password.errors = wrong_password(form.password.data or "") or _needed()
    if form.password.errors:
        page = render_template("account/passkey_remove.html", form=form, name=name, form_has_errors=True)
        return page, 422
    with transaction(services().engine) as connection:
        passkeys.remove(connection, user_id=_own_id(), passkey_id=passkey_id)
        second_factor.drop_needless_codes(connection, user_id=_own_id())
        _note(connection, "passkey_removed")
    flash("The passkey is removed here. Delete it on your device too.", "success")
    return redirect(url_for("security.page"))


def _needed() -> tuple[str, ...]:
    """Whose role needs a second factor keeps the last one."""
    with reading(services().engine) as connection:
        standing = second_factor.standing(connection, user_id=_own_id())
    last = standing.confirmed_at is None and standing.passkeys == 1
    if last and person().roles & set(services().settings.second_factor_roles):
        return ("Your role needs a second factor, and this is your last. Set another up first",)
    return ()


def _added(party: RelyingParty, name: str, challenge: bytes, asked_at: datetime) -> list[str]:
    """The recovery codes that came with a person's first second factor; none with a further one."""
    now, answer = services().now(), request.form.get("credential", "")
    with transaction(services().engine) as connection:
        before = second_factor.standing(connection, user_id=_own_id())
        passkeys.add(
            connection, person=person(), name=name, answer=answer, challenge=challenge, party=party, now=now
        )
        _note(connection, "passkey_added")
        return [] if before.asks else second_factor.new_recovery_codes(connection, user_id=_own_id())


def _answered(party: RelyingParty, challenge: bytes, asked_at: datetime) -> Person | None:
    answer = request.form.get("credential", "")
    with transaction(services().engine) as connection:
        return passkeys.sign_in(
            connection,
            answer=answer,
            challenge=challenge,
            asked_at=asked_at,
            party=party,
            now=services().now(),
        )


def _expect(where: str, asked: Asked) -> None:
    session[where] = [base64.b64encode(asked.challenge).decode(), services().now().isoformat()]


def _expected(where: str) -> tuple[bytes, datetime] | None:
    """The challenge of this browser and when it was set, once; None when there is none, or it is too old."""
    challenge, at = session.pop(where, (None, None))
    if challenge is None or services().now() - datetime.fromisoformat(at) > WAITS:
        return None
    return base64.b64decode(challenge), datetime.fromisoformat(at)


def _being_added() -> str | None:
    name, at = session.get(ADDING, (None, None))
    lately = name is not None and services().now() - datetime.fromisoformat(at) < WAITS
    return str(name) if lately else None


def _party() -> RelyingParty:
    return relying_party() or abort(404)


def _name_of(passkey_id: int) -> str:
    with reading(services().engine) as connection:
        found: dict[int, str] = {
            row.id: row.name for row in passkeys.passkeys_of(connection, user_id=_own_id())
        }
    if passkey_id not in found:
        abort(404)
    return found[passkey_id]


def _own_id() -> int:
    own = person().id
    assert own is not None
    return own


def _note(connection: Connection, what: str) -> None:
    sessions.note(connection, user_id=_own_id(), what=what, visitor=asking(), now=services().now())
