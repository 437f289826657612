"""The page on which somebody finds again what they had sent when their session had ended."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework.kept_work import Kept, forget_post, kept_post
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import SIGNED_IN, permitted, person, safe_next
from earlyhelp.web.forms.sent import written
from earlyhelp.web.presenters.words import moment_words
from earlyhelp.web.services import services

blueprint = Blueprint("kept_work", __name__, url_prefix="/kept-work/<key>")


@blueprint.get("")
@permitted(SIGNED_IN)
def page(key: str) -> str:
    kept = _theirs(key)
    since = moment_words(kept.kept_at, services().now())
    return render_template(
        "kept_work/page.html", kept=kept, key=key, written=written(kept.fields), since=since
    )


@blueprint.post("")
@permitted(SIGNED_IN)
def send(key: str) -> Response:
    """Send it where it was going, as a form: 307 keeps the body that the page has just sent here."""
    kept = _theirs(key)
    _forget(key)
    return redirect(safe_next(kept.path) or "/", 307)


@blueprint.post("/discard")
@permitted(SIGNED_IN)
def discard(key: str) -> Response:
    _theirs(key)
    _forget(key)
    flash("What you had written was thrown away")
    return redirect(url_for("account.start"))


def _theirs(key: str) -> Kept:
    user_id = person().id
    assert user_id is not None
    with reading(services().engine) as connection:
        kept = kept_post(connection, key=key[:100], user_id=user_id, now=services().now())
    if kept is None:
        abort(404)
    return kept


def _forget(key: str) -> None:
    user_id = person().id
    assert user_id is not None
    with transaction(services().engine) as connection:
        forget_post(connection, key=key[:100], user_id=user_id)
