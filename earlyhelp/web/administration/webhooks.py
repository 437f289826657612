"""Webhooks: adding and ending them, and the log of what each was told."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from earlyhelp.casework.webhooks import (
    TOPICS,
    Added,
    WebhookRefused,
    add_webhook,
    end_webhook,
    send_again,
)
from earlyhelp.insight import webhooks as insight
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import permitted, person
from earlyhelp.web.account.second_step import sealing_key
from earlyhelp.web.asking import number_asked
from earlyhelp.web.forms.fields import Checkboxes, Text
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

blueprint = Blueprint("webhooks", __name__, url_prefix="/administration/webhooks")


class WebhookForm(Form):
    """A system that wants to be told."""

    name = Text("Which system is it?")
    address = Text("Address that is told", description="It begins with https:// and takes a POST")
    account = Text(
        "E-mail address of the account that it acts as",
        description="It is told only of cases that this account may see",
    )
    topics = Checkboxes("What is it told of?", choices=dict(TOPICS))


@blueprint.get("")
@permitted("administration")
def page() -> str:
    with reading(services().engine) as connection:
        rows = insight.all_webhooks(connection)
    return render_template(
        "administration/webhooks.html", rows=rows, topics=TOPICS, words=words, now=services().now()
    )


@blueprint.get("/new")
@permitted("administration")
def new() -> str:
    return render_template("administration/webhook_new.html", form=WebhookForm(), failed=False)


@blueprint.post("/new")
@permitted("administration")
def add() -> str | tuple[str, int]:
    """The webhook with its secret, which is shown this once."""
    form = WebhookForm(request.form)
    try:
        added = _added(form)
    except WebhookRefused as refused:
        form[refused.field].errors = [str(refused)]
        return render_template("administration/webhook_new.html", form=form, failed=True), 422
    return render_template("administration/webhook_added.html", added=added, name=form.name.value)


@blueprint.get("/<int:webhook_id>")
@permitted("administration")
def log(webhook_id: int) -> str:
    before = number_asked("before")
    with reading(services().engine) as connection:
        webhook = insight.one_webhook(connection, webhook_id=webhook_id)
        rows = insight.deliveries(connection, webhook_id=webhook_id, before=before)
    if webhook is None:
        abort(404)
    more = len(rows) > insight.PAGE
    shown = rows[: insight.PAGE]
    return render_template(
        "administration/webhook.html",
        webhook=webhook,
        rows=shown,
        topics=TOPICS,
        words=words,
        now=services().now(),
        next_url=url_for("webhooks.log", webhook_id=webhook_id, before=shown[-1].id) if more else None,
    )


@blueprint.post("/<int:webhook_id>/end")
@permitted("administration")
def end(webhook_id: int) -> Response:
    with transaction(services().engine) as connection:
        ended = end_webhook(connection, webhook_id=webhook_id, now=services().now())
    if not ended:
        abort(404)
    flash("The webhook is ended: nothing more is sent to it.", "success")
    return redirect(url_for("webhooks.page"))


@blueprint.post("/<int:webhook_id>/deliveries/<int:delivery_id>/send-again")
@permitted("administration")
def again(webhook_id: int, delivery_id: int) -> Response:
    with transaction(services().engine) as connection:
        revived = send_again(connection, webhook_id=webhook_id, delivery_id=delivery_id, now=services().now())
    flash(*(("It is on its way again.", "success") if revived else ("Nothing was sent.", "message")))
    return redirect(url_for("webhooks.log", webhook_id=webhook_id))


def _added(form: WebhookForm) -> Added:
    with transaction(services().engine) as connection:
        return add_webhook(
            connection,
            name=form.name.value,
            address=form.address.value,
            account=form.account.value,
            topics=form.topics.value,
            by=person(),
            key=sealing_key(),
            now=services().now(),
        )
