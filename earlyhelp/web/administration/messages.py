"""The outbox: what waits, what went, what could not be delivered, and sending that again."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.insight import messages as outbox
from earlyhelp.outbound.sending import send_again
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import permitted
from earlyhelp.web.asking import place_asked
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.places import written_place
from earlyhelp.web.services import services

blueprint = Blueprint("messages", __name__, url_prefix="/administration/messages")


@blueprint.get("")
@permitted("administration")
def page() -> str:
    """Messages of one status, newest first. What they say is not shown: it is not the administrator's."""
    status = request.args.get("status", "waiting")
    if status not in outbox.STATUSES:
        abort(404)
    after = place_asked()
    with reading(services().engine) as connection:
        found = outbox.list_messages(connection, status=status, after=after)
        counts = outbox.count_messages(connection)
    last = found[outbox.PAGE - 1] if len(found) > outbox.PAGE else None
    following = written_place((last.created_at, last.id)) if last is not None else None
    return render_template(
        "administration/messages.html",
        rows=found[: outbox.PAGE],
        counts=counts,
        status=status,
        channel=services().settings.messages,
        words=words,
        now=services().now(),
        next_url=url_for("messages.page", status=status, after=following) if following else None,
    )


@blueprint.post("/<int:message_id>/send-again")
@permitted("administration")
def again(message_id: int) -> Response:
    """Let a dead message be tried anew."""
    with transaction(services().engine) as connection:
        revived = send_again(connection, message_id=message_id, now=services().now())
    if revived:
        flash("The message is on its way again.", "success")
    else:
        flash("Nothing was sent: this message is no longer among those not delivered.")
    return redirect(url_for("messages.page", status="dead"))
