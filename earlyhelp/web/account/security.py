"""Each person's own account: its second factor, recovery codes and password."""

from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_wtf import FlaskForm
from markupsafe import Markup
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.casework import second_factor, sessions
from earlyhelp.casework.accounts import AccountRefused, set_password
from earlyhelp.casework.passkeys import passkeys_of
from earlyhelp.on_demand import OnDemand
from earlyhelp.permissions import load_person
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import HELD_BACK, SIGNED_IN, permitted, person, safe_next
from earlyhelp.web.account.own_password import wrong_password
from earlyhelp.web.account.relying_party import relying_party
from earlyhelp.web.account.second_step import sealing_key
from earlyhelp.web.account.session import asking, begin_session
from earlyhelp.web.forms.fields import Password, Radios, Text
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

if TYPE_CHECKING:
    import segno
else:
    segno = OnDemand("segno")

blueprint = Blueprint("security", __name__, url_prefix="/account")
NOT_THE_CODE = "This is not the code that the app shows now. Check the telephone's clock, then try again"
CHANGES = {"codes": "Make new recovery codes and end the old ones", "remove": "Remove the app"}


class ConfirmForm(FlaskForm):
    code = Text(
        "Code",
        description="The 6 digits that the app shows now",
        width="10",
        render_kw={"autocomplete": "one-time-code"},
    )


class ChangeForm(FlaskForm):
    change = Radios("What do you want to do?", choices=CHANGES)
    password = Password("Your password")


class PasswordForm(FlaskForm):
    password = Password("Your password now")
    new = Password(
        "New password",
        description="At least 12 characters. Three random words are easy to remember and hard to guess",
        render_kw={"autocomplete": "new-password"},
    )
    again = Password("New password again", render_kw={"autocomplete": "new-password"})


@blueprint.get("/security")
@permitted(SIGNED_IN)
def page() -> str:
    with reading(services().engine) as connection:
        standing = second_factor.standing(connection, user_id=_own_id())
        held = passkeys_of(connection, user_id=_own_id())
    return render_template(
        "account/security.html",
        standing=standing,
        passkeys=held,
        passkeys_offered=relying_party() is not None,
        held_back=HELD_BACK in session,
        words=words,
        now=services().now(),
    )


@blueprint.post("/second-factor/begin")
@permitted(SIGNED_IN)
def begin() -> Response:
    """A new secret, shown on the page that follows."""
    with transaction(services().engine) as connection:
        if second_factor.standing(connection, user_id=_own_id()).confirmed_at is None:
            second_factor.begin(
                connection,
                person=person(),
                service=services().settings.service_name,
                key=sealing_key(),
                now=services().now(),
            )
    return redirect(url_for("security.set_up"))


@blueprint.route("/second-factor", methods=["GET", "POST"])
@permitted(SIGNED_IN)
def set_up() -> Response | str | tuple[str, int]:
    """The secret for the app, and the code that shows it has arrived. Then the recovery codes, this once."""
    form = ConfirmForm()
    if request.method == "POST":
        codes = _confirmed(form.code.value)
        if codes is not None:
            going_to = safe_next(session.pop(HELD_BACK, None)) or url_for("security.page")
            return render_template("account/recovery_codes.html", codes=codes, going_to=going_to)
        form.code.errors = (NOT_THE_CODE,)
    with reading(services().engine) as connection:
        service = services().settings.service_name
        enrolment = second_factor.under_way(connection, person=person(), service=service, key=sealing_key())
    if enrolment is None:
        return redirect(url_for("security.page"))
    shown = render_template(
        "account/second_factor.html",
        form=form,
        form_has_errors=bool(form.code.errors),
        secret=" ".join(enrolment.secret[i : i + 4] for i in range(0, len(enrolment.secret), 4)),
        picture=_picture(enrolment.address),
    )
    return (shown, 422) if form.code.errors else shown


@blueprint.route("/second-factor/change", methods=["GET", "POST"])
@permitted(SIGNED_IN)
def change() -> Response | str | tuple[str, int]:
    """New recovery codes, or no second factor any more: with the password, lest an open browser is enough."""
    form = ChangeForm()
    if request.method == "GET":
        return render_template("account/second_factor_change.html", form=form)
    if form.change.value not in CHANGES:
        form.change.errors = ("Choose what to do",)
    elif form.change.value == "remove" and person().roles & set(services().settings.second_factor_roles):
        form.change.errors = ("Your role needs a second factor. Ask an administrator to reset it",)
    else:
        form.password.errors = wrong_password(form.password.data or "")
    if form.change.errors or form.password.errors:
        return render_template("account/second_factor_change.html", form=form, form_has_errors=True), 422
    return _new_codes() if form.change.value == "codes" else _removed()


@blueprint.route("/password", methods=["GET", "POST"])
@permitted(SIGNED_IN)
def password() -> Response | str | tuple[str, int]:
    """A new password, which ends every other session."""
    form = PasswordForm()
    if request.method == "GET":
        return render_template("account/password.html", form=form)
    if form.new.data != form.again.data:
        form.again.errors = ("The two new passwords differ",)
    else:
        form.password.errors = wrong_password(form.password.data or "")
    if not (form.again.errors or form.password.errors):
        form.new.errors = _changed(form.new.data or "")
    if form.again.errors or form.password.errors or form.new.errors:
        return render_template("account/password.html", form=form, form_has_errors=True), 422
    flash("Your password is changed. You are signed out everywhere else.", "success")
    return redirect(url_for("security.page"))


def _own_id() -> int:
    own = person().id
    assert own is not None
    return own


def _confirmed(code: str) -> list[str] | None:
    now = services().now()
    with transaction(services().engine) as connection:
        codes = second_factor.confirm(connection, person=person(), code=code, key=sealing_key(), now=now)
        if codes is not None:
            _note(connection, "second_factor_set_up")
    return codes


def _new_codes() -> Response | str:
    with transaction(services().engine) as connection:
        if not second_factor.standing(connection, user_id=_own_id()).asks:
            return redirect(url_for("security.page"))
        codes = second_factor.new_recovery_codes(connection, user_id=_own_id())
        _note(connection, "new_recovery_codes")
    return render_template("account/recovery_codes.html", codes=codes, going_to=url_for("security.page"))


def _removed() -> Response:
    with transaction(services().engine) as connection:
        second_factor.remove_app(connection, user_id=_own_id())
        _note(connection, "second_factor_removed")
    flash("The app is removed.", "success")
    return redirect(url_for("security.page"))


def _changed(new: str) -> tuple[str, ...]:
    """Change it and go on in a fresh session; what is wrong with it otherwise."""
    now = services().now()
    try:
        with transaction(services().engine) as connection:
            breached = services().settings.breached_passwords
            set_password(connection, user_id=_own_id(), password=new, breached=breached)
            sessions.end_all(connection, user_id=_own_id(), now=now)
            _note(connection, "password_changed")
            anew = load_person(connection, user_id=_own_id())
    except AccountRefused as refused:
        return (str(refused),)
    held_back = session.get(HELD_BACK)
    if anew is not None:
        begin_session(anew, method="password")
    if held_back is not None:
        session[HELD_BACK] = held_back
    return ()


def _note(connection: Connection, what: str) -> None:
    sessions.note(connection, user_id=_own_id(), what=what, visitor=asking(), now=services().now())


def _picture(address: str) -> Markup:
    """The QR code as SVG that carries no style of its own: our policy refuses inline styles."""
    out = BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", scale=5, light="#fff", xmldecl=False, svgns=True, svgclass="app-qr", lineclass=None
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - drawn by us: squares and numbers only
