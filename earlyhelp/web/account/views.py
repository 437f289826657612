"""Sign in, sign out, and each person's own start."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from earlyhelp.casework.sign_in import attempt
from earlyhelp.records.database import transaction
from earlyhelp.web.access import PUBLIC, SIGNED_IN, permitted, person, safe_next
from earlyhelp.web.account.known_browser import counted_as, remember
from earlyhelp.web.account.own_password import TOO_MANY
from earlyhelp.web.account.relying_party import relying_party
from earlyhelp.web.account.second_step import ask_for_code
from earlyhelp.web.account.session import end_session, enter, has_second_factor, may_use_local
from earlyhelp.web.forms.fields import Password, Text
from earlyhelp.web.services import services
from earlyhelp.web.templating import start_of

blueprint = Blueprint("account", __name__)
WRONG = "The email address or password is wrong"


class SignInForm(FlaskForm):
    email = Text("Email address", render_kw={"autocomplete": "username", "type": "email"})
    password = Password("Password")


@blueprint.get("/")
@permitted(SIGNED_IN)
def start() -> Response:
    """Send each person to where their work is."""
    endpoint = start_of(person())
    if endpoint is None:
        abort(403)
    return redirect(url_for(endpoint))


@blueprint.route("/sign-in", methods=["GET", "POST"])
@permitted(PUBLIC)
def sign_in() -> Response | str | tuple[str, int]:
    form = SignInForm()
    if request.method == "GET":
        return redirect("/") if current_user.is_authenticated else _page(form)
    with transaction(services().engine) as connection:
        tried = attempt(
            connection,
            email=form.email.data or "",
            password=form.password.data or "",
            network=counted_as(form.email.data or ""),
            now=services().now(),
        )
    if tried.try_again_at is not None:
        form.email.errors = (TOO_MANY,)
        return _page(form), 429
    if tried.person is None or not may_use_local(tried.person):
        form.email.errors = (WRONG,)
        return _page(form), 401
    going_to = safe_next(request.args.get("next"))
    assert tried.person.id is not None
    if has_second_factor(tried.person.id):
        return ask_for_code(tried.person, going_to)
    answer = enter(tried.person, method="password", going_to=going_to)
    return remember(answer, tried.person.email)


@blueprint.post("/sign-out")
@permitted(SIGNED_IN)
def sign_out() -> Response:
    end_session()
    return redirect(url_for("account.sign_in"))


def _page(form: SignInForm) -> str:
    return render_template(
        "account/sign_in.html",
        form=form,
        form_has_errors=bool(form.email.errors),
        elsewhere=services().settings.oidc_issuer is not None,
        local=services().settings.local_sign_in,
        going_to=safe_next(request.args.get("next")),
        passkeys=relying_party() is not None,
    )
