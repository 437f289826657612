"""The calendar feed (RFC 5545): due dates and meetings in the calendar that people use already.

It says references and time limits, never a name: calendars are shared and shown on walls.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.casework.calendar_feeds import end_feed, made_at, make_feed, whose_feed
from earlyhelp.casework.pathways import compiled
from earlyhelp.insight.diary import due_moments, meetings
from earlyhelp.on_demand import OnDemand
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Pathway
from earlyhelp.permissions import Person
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import PUBLIC, permitted, person
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

if TYPE_CHECKING:
    import icalendar
else:
    icalendar = OnDemand("icalendar")

blueprint = Blueprint("diary", __name__)
REFRESHED = timedelta(hours=1)


@blueprint.get("/my-calendar")
@permitted("my_cases")
def page() -> str:
    """Whether the person has an address, and how to get or end one."""
    with reading(services().engine) as connection:
        since = made_at(connection, person=person())
    return render_template(
        "account/calendar.html", since=since, address=None, words=words, now=services().now()
    )


@blueprint.post("/my-calendar")
@permitted("my_cases")
def make() -> str:
    """A new address, shown this once; the one before ends."""
    now = services().now()
    with transaction(services().engine) as connection:
        token = make_feed(connection, person=person(), now=now)
    address = services().settings.base_url.rstrip("/") + url_for("diary.feed", token=token)
    return render_template("account/calendar.html", since=now, address=address, words=words, now=now)


@blueprint.post("/my-calendar/end")
@permitted("my_cases")
def end() -> Response:
    with transaction(services().engine) as connection:
        end_feed(connection, person=person())
    flash("The address is ended: calendars that read it find nothing any more.", "success")
    return redirect(url_for("diary.page"))


@blueprint.get("/calendar/<token>.ics")
@permitted(PUBLIC)
def feed(token: str) -> Response:
    """The calendar behind an address. Any other address looks as if there were nothing."""
    now = services().now()
    with reading(services().engine) as connection:
        whose = whose_feed(connection, token=token, now=now)
        if whose is None:
            abort(404)
        body = _calendar(connection, whose, now).to_ical()
    answer = Response(body, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = "attachment; filename=earlyhelp.ics"
    return answer


def _calendar(connection: Connection, whose: Person, now: datetime) -> "icalendar.Calendar":
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//earlyhelp//calendar feed//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", services().settings.service_name)
    calendar.add("refresh-interval", REFRESHED, parameters={"VALUE": "DURATION"})
    host = request.host.partition(":")[0]
    pathways: dict[int, Pathway] = {}
    for clock in due_moments(connection, person=whose):
        pathway = _pathway(connection, pathways, clock.pathway_id)
        calendar.add_component(_due(clock, pathway, now, host))
    for meeting in meetings(connection, person=whose, now=now):
        pathway = _pathway(connection, pathways, meeting.pathway_id)
        calendar.add_component(_meeting(meeting, pathway, now, host))
    return calendar


def _pathway(connection: Connection, known: dict[int, Pathway], pathway_id: int) -> Pathway:
    if pathway_id not in known:
        known[pathway_id] = compiled(connection, pathway_id=pathway_id).pathway
    return known[pathway_id]


def _due(clock: Any, pathway: Pathway, now: datetime, host: str) -> "icalendar.Event":
    """A day on which something is due at its end is a whole day; a due hour is a moment."""
    declared = pathway.clocks.get(clock.name)
    title = declared.title if declared else words.in_words(clock.name)
    local = clock.due_at.astimezone(LONDON)
    at_midnight = (local.hour, local.minute) == (0, 0)
    starts = local.date() - timedelta(days=1) if at_midnight else clock.due_at
    return _entry(f"clock-{clock.id}@{host}", f"{clock.reference}: {title} due", starts, clock.reference, now)


def _meeting(meeting: Any, pathway: Pathway, now: datetime, host: str) -> "icalendar.Event":
    title = pathway.terms.get("meeting", "meeting")
    summary = f"{meeting.reference}: {title}"
    return _entry(f"meeting-{meeting.id}@{host}", summary, meeting.planned_on, meeting.reference, now)


def _entry(uid: str, summary: str, starts: Any, reference: str, now: datetime) -> "icalendar.Event":
    entry = icalendar.Event()
    entry.add("uid", uid)
    entry.add("dtstamp", now)
    entry.add("dtstart", starts)
    entry.add("summary", summary)
    entry.add("transp", "TRANSPARENT")
    base = services().settings.base_url.rstrip("/")
    entry.add("url", base + url_for("cases.page", reference=reference))
    return entry
