"""Who is sent the weekly report."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response
from wtforms import Form

from earlyhelp.casework.weekly import add_recipient, end_recipient
from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.organisation import Team, User
from earlyhelp.records.reporting import WeeklyRecipient, WeeklyReport
from earlyhelp.web.access import permitted, person
from earlyhelp.web.cases.choices import teams
from earlyhelp.web.forms.fields import Select, Text
from earlyhelp.web.presenters import words
from earlyhelp.web.scorecard.blueprint import blueprint
from earlyhelp.web.services import services

MOST_SENT = 50


class RecipientForm(Form):
    """Somebody to be sent the report."""

    email = Text("E-mail address", description="Of somebody who may open the scorecard", width="20")
    team = Select("Whose figures?")


@blueprint.get("/weekly")
@permitted("scorecard.set")
def weekly() -> str:
    return _page(RecipientForm())


@blueprint.post("/weekly")
@permitted("scorecard.set")
def add_weekly() -> Response | tuple[str, int]:
    """From the week that ends next; after an outage every week that was missed is still sent, once."""
    form = RecipientForm(request.form)
    try:
        with transaction(services().engine) as connection:
            add_recipient(
                connection,
                email=form.email.value,
                team=form.team.value or None,
                person=person(),
                now=services().now(),
            )
    except BadFields as bad:
        for name, faults in bad.errors.items():
            form[name].errors = faults
        return _page(form), 422
    flash("They will be sent the weekly report, beginning with this week's.", "success")
    return redirect(url_for("scorecard.weekly"))


@blueprint.post("/weekly/<int:recipient_id>/end")
@permitted("scorecard.set")
def end_weekly(recipient_id: int) -> Response:
    with transaction(services().engine) as connection:
        ended = end_recipient(connection, recipient_id=recipient_id, person=person(), now=services().now())
    if not ended:
        abort(404)
    flash("They are no longer sent the weekly report.", "success")
    return redirect(url_for("scorecard.weekly"))


def _page(form: RecipientForm) -> str:
    with reading(services().engine) as connection:
        form.team.choices = {"": "The whole service", **teams(connection)}
        recipients, sent = _recipients(connection), _sent(connection)
    return render_template(
        "scorecard/weekly.html",
        form=form,
        failed=any(field.errors for field in form),
        recipients=recipients,
        sent=sent,
        told=words,
        now=services().now(),
    )


def _recipients(connection: Connection) -> list[Any]:
    return list(
        connection.execute(
            select(
                WeeklyRecipient.id, User.name, User.email, Team.name.label("team"), WeeklyRecipient.added_at
            )
            .join(User, User.id == WeeklyRecipient.user_id)
            .outerjoin(Team, Team.id == WeeklyRecipient.team_id)
            .where(WeeklyRecipient.ended_at.is_(None))
            .order_by(User.name, WeeklyRecipient.id)
        )
    )


def _sent(connection: Connection) -> list[Any]:
    return list(
        connection.execute(
            select(WeeklyReport.week, User.name, WeeklyReport.written_at)
            .join(User, User.id == WeeklyReport.user_id)
            .order_by(WeeklyReport.week.desc(), User.name)
            .limit(MOST_SENT)
        )
    )
