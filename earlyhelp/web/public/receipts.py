"""The private page of who asked: how far their request has come, in safe words."""

from flask import abort, render_template

from earlyhelp.casework.public_drafts import digest_of
from earlyhelp.insight.receipts import receipt_state
from earlyhelp.records.database import reading
from earlyhelp.web.access import PUBLIC, permitted
from earlyhelp.web.presenters import words
from earlyhelp.web.public.door import blueprint
from earlyhelp.web.public.keeping import LONGEST_TOKEN
from earlyhelp.web.services import services

HOW = {"email": "by email", "phone": "by telephone", "letter": "by letter", "meeting": "in a meeting"}


@blueprint.get("/receipt/<token>")
@permitted(PUBLIC)
def receipt(token: str) -> str:
    """The same page not found for a wrong link, an old one, and one that never was."""
    now = services().now()
    if len(token) > LONGEST_TOKEN:
        abort(404)
    with reading(services().engine) as connection:
        state = receipt_state(connection, token_digest=digest_of(token), now=now)
    if state is None:
        abort(404)
    return render_template("public/receipt.html", state=state, how=HOW, words=words, now=now)
