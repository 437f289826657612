"""Writing the commentary that stands beside a month's figures."""

from datetime import date

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import Form

from earlyhelp.casework.commentary import write_commentary
from earlyhelp.insight.measures.asking import scene_of
from earlyhelp.insight.scorecard.contents import about, commentary_of
from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import permitted, person
from earlyhelp.web.forms.fields import LongText
from earlyhelp.web.presenters.figures import figure_words
from earlyhelp.web.scorecard.asking import Read, read_asked
from earlyhelp.web.scorecard.blueprint import blueprint
from earlyhelp.web.services import services


class CommentaryForm(Form):
    """What the figures of a month mean."""

    words = LongText(
        "Commentary",
        description="It is shown with the month's figures and printed for panels. Name no family.",
    )


@blueprint.route("/commentary", methods=("GET", "POST"))
@permitted("scorecard.comment")
def commentary() -> str | Response | tuple[str, int]:
    """The newest words are shown first, to be written anew; what stood before stays in the records."""
    with reading(services().engine) as connection:
        read = _month_asked(connection)
        before = commentary_of(
            connection,
            month=read.asked.period.first,
            team_id=read.asked.narrowed.team_id,
            known=scene_of(connection, read.asked.period, now=services().now()),
        )
    form = CommentaryForm(request.form, data={"words": before.words if before else ""})
    if request.method == "POST":
        return _write(form, read)
    return _page(form, read)


def _month_asked(connection: Connection) -> Read:
    read = read_asked(connection)
    if read.faults or not read.asked.is_month:
        abort(404)
    return read


def _write(form: CommentaryForm, read: Read) -> Response | tuple[str, int]:
    month: date = read.asked.period.first
    try:
        with transaction(services().engine) as connection:
            write_commentary(
                connection,
                month=month,
                team_id=read.asked.narrowed.team_id,
                words=form.words.value,
                person=person(),
                now=services().now(),
            )
    except BadFields as bad:
        form.words.errors = bad.errors["words"]
        return _page(form, read), 422
    flash("The commentary is kept with the month.", "success")
    return redirect(url_for("scorecard.page", month=f"{month:%Y-%m}", team=read.typed["team"] or None))


def _page(form: CommentaryForm, read: Read) -> str:
    with reading(services().engine) as connection:
        of_whom = about(connection, read.asked.narrowed)
    return render_template(
        "scorecard/commentary.html",
        form=form,
        failed=bool(form.words.errors),
        read=read,
        about=of_whom,
        words=figure_words,
    )
