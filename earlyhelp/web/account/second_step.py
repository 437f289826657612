"""The second step of signing in: after the password, a code of the app or a recovery code."""

from datetime import datetime, timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from earlyhelp.casework import sessions
from earlyhelp.casework.passkeys import how_many
from earlyhelp.casework.second_factor import CodeTried, try_code
from earlyhelp.permissions import Person, load_person
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import PUBLIC, permitted, safe_next
from earlyhelp.web.account.known_browser import counted_as, remember
from earlyhelp.web.account.own_password import TOO_MANY
from earlyhelp.web.account.relying_party import relying_party
from earlyhelp.web.account.session import asking, enter
from earlyhelp.web.forms.fields import Text
from earlyhelp.web.services import services

blueprint = Blueprint("second_step", __name__)
WAITING = "waiting_for_code"
WAITS = timedelta(minutes=10)
WRONG = "The code is wrong, or was used before. Wait for the next one and try again"


class CodeForm(FlaskForm):
    code = Text(
        "Code",
        description="The 6 digits that your app shows now, or one of your recovery codes",
        width="10",
        render_kw={"autocomplete": "one-time-code"},
    )


def ask_for_code(person: Person, going_to: str | None) -> Response:
    """Remember who gave the right password. Until the code has come they are nobody."""
    session.clear()
    session[WAITING] = [person.id, person.session_epoch, services().now().isoformat(), going_to]
    return redirect(url_for("second_step.page"))


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@permitted(PUBLIC)
def page() -> Response | str | tuple[str, int]:
    waiting = _waiting()
    if waiting is None:
        return redirect(url_for("account.sign_in"))
    person, going_to = waiting
    form = CodeForm()
    if request.method == "GET":
        return _page(form, person, going_to)
    tried = _try(person, form.code.value)
    if not tried.right:
        form.code.errors = (TOO_MANY if tried.try_again_at else WRONG,)
        form.code.data = ""
        status = 429 if tried.try_again_at else 401
        return _page(form, person, going_to), status
    answer = remember(enter(person, method="code", going_to=safe_next(going_to)), person.email)
    if tried.by_recovery_code:
        flash("You used a recovery code. If your app is lost, set it up again in your account.")
    return answer


def _page(form: CodeForm, person: Person, going_to: str | None) -> str:
    assert person.id is not None
    with reading(services().engine) as connection:
        has_passkey = how_many(connection, user_id=person.id) > 0
    return render_template(
        "account/code.html",
        form=form,
        form_has_errors=bool(form.code.errors),
        passkeys=has_passkey and relying_party() is not None,
        going_to=safe_next(going_to),
    )


def _waiting() -> tuple[Person, str | None] | None:
    """Who gave the right password lately and is still allowed in."""
    if WAITING not in session:
        return None
    user_id, epoch, at, going_to = session[WAITING]
    with reading(services().engine) as connection:
        person = load_person(connection, user_id=user_id)
    lately = services().now() - datetime.fromisoformat(at) < WAITS
    return (person, going_to) if person and lately and person.session_epoch == epoch else None


def _try(person: Person, code: str) -> CodeTried:
    assert person.id is not None
    now = services().now()
    with transaction(services().engine) as connection:
        tried = try_code(
            connection,
            user_id=person.id,
            code=code,
            network=counted_as(person.email),
            key=sealing_key(),
            now=now,
        )
        if not tried.right:
            sessions.note(connection, user_id=person.id, what="wrong_code", visitor=asking(), now=now)
    return tried


def sealing_key() -> str:
    """What secrets that are kept are encrypted by."""
    return str(current_app.config["SECRET_KEY"])
