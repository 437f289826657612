"""The list of what was opened, as a page and a file; and what in it is unusual. Looking here is written there too."""

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as BaseResponse

from earlyhelp.casework.staff_homes import set_home
from earlyhelp.exporting import exported
from earlyhelp.exporting.table import Sheet, Table
from earlyhelp.insight.readings import ABOUT, MOST_EXPORTED, PAGE, Wanted, readings
from earlyhelp.insight.unusual_readings import Period, homes, of_own_address, of_own_name, very_many
from earlyhelp.pathway.calendar import LONDON, england
from earlyhelp.permissions import may
from earlyhelp.records.database import reading
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.web.access import log_search, permitted, person
from earlyhelp.web.asking import day_asked, name_asked, number_asked, place_asked
from earlyhelp.web.files import sent
from earlyhelp.web.forms.plain import answered, attempt
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.places import written_place
from earlyhelp.web.reads.reader import HomeForm, home_form, home_given, reader_asked, reader_typed
from earlyhelp.web.services import services

blueprint = Blueprint("reads", __name__, url_prefix="/audit")
COLUMNS = ("when", "reader", "email", "team", "case", "person", "what", "reason")
WEEK, LONGEST = timedelta(days=6), timedelta(days=30)
MANY, MOST_MANY = 60, 10_000
BESIDE = ("record", "about", "since", "until")
"""What may be asked for beside who read."""


@blueprint.get("/reads")
@permitted("audit")
def page() -> str:
    """What was opened, newest first, as it was asked for."""
    with reading(services().engine) as connection:
        reader = reader_asked(connection)
        wanted, asked = _wanted(reader.user_id)
        found = readings(connection, wanted=wanted, after=place_asked())
    log_search("read audit")
    last = found[PAGE - 1] if len(found) > PAGE else None
    following = written_place((last.at, last.id)) if last is not None else None
    return render_template(
        "reads/page.html",
        rows=found[:PAGE],
        reader=reader,
        about=ABOUT,
        asked=asked,
        words=words,
        now=services().now(),
        next_url=url_for("reads.page", after=following, **asked) if following else None,
    )


@blueprint.post("/reads")
@permitted("audit")
def name_reader() -> BaseResponse | tuple[str, int]:
    """Go to the list of what the reader with this email address opened."""
    with reading(services().engine) as connection:
        reader = reader_typed(connection)
    asked: dict[str, Any] = {
        name: typed[:40] for name in BESIDE if (typed := request.form.get(name, "").strip())
    }
    if reader.fault:
        return render_template("reads/page.html", rows=[], reader=reader, about=ABOUT, asked=asked), 422
    return redirect(url_for("reads.page", reader=reader.user_id, **asked), 303)


@blueprint.get("/reads.csv")
@permitted("audit")
def download() -> Response:
    """The same as a file, without pages. A longer list says at its end that it was cut."""
    wanted, _ = _wanted(number_asked("reader"))
    with reading(services().engine) as connection:
        found = readings(connection, wanted=wanted, limit=MOST_EXPORTED)
    log_search("read audit, exported")
    rows = [_row(entry) for entry in found[:MOST_EXPORTED]]
    if len(found) > MOST_EXPORTED:
        rows.append([f"Cut after {MOST_EXPORTED} rows: ask for fewer days", *[""] * (len(COLUMNS) - 1)])
    sheet = Sheet("Readings", COLUMNS, rows)
    return sent(exported(Table("reads", "Who opened what", [sheet]), "csv"))


@blueprint.route("/reads/unusual", methods=["GET", "POST"])
@permitted("audit")
def unusual() -> str | BaseResponse | tuple[str, int]:
    """Own name, own address, very many: to be asked about. Auditors also say here where staff live."""
    with reading(services().engine) as connection:
        form = home_form(connection)
    homeless: list[str] = []
    if request.method == "POST":
        homeless = attempt(form, lambda connection: _set_home(connection, form))
        done = answered(form, homeless, saved="Saved", go_to=url_for("reads.unusual"))
        if done is not None:
            return done
    with reading(services().engine) as connection:
        context = _unusual(connection)
    log_search("unusual reads")
    failed = request.method == "POST"
    html = render_template(
        "reads/unusual.html", form=form, homeless=homeless, form_has_errors=failed, **context
    )
    return (html, 422) if failed else html


def _set_home(connection: Connection, form: HomeForm) -> None:
    set_home(connection, person=person(), given=home_given(connection, form), now=services().now())


def _unusual(connection: Connection) -> dict[str, Any]:
    today = services().now().astimezone(LONDON).date()
    last = day_asked("until") or today
    first = max(min(day_asked("since") or last - WEEK, last), last - LONGEST)
    period, most = Period(first, last), min(number_asked("most") or MANY, MOST_MANY)
    sets_homes = may(person(), "audit.homes")
    return {
        "period": period,
        "most": most,
        "own_name": of_own_name(connection, period=period),
        "own_address": of_own_address(connection, period=period),
        "many": [
            (row, _day_words(row.day, today), row.day)
            for row in very_many(connection, period=period, most=most)
        ],
        "homes": homes(connection) if sets_homes else [],
        "sets_homes": sets_homes,
        "words": words,
        "now": services().now(),
    }


def _day_words(day: str, today: date) -> str:
    return words.date_words(date.fromisoformat(day), today)


def _wanted(user_id: int | None) -> tuple[Wanted, dict[str, Any]]:
    """What is asked for, and the same as parts of an address."""
    since, until = day_asked("since"), day_asked("until")
    typed = name_asked("record").strip()[:20]
    about = request.args.get("about", "")
    about = about if about in ABOUT else ""
    wanted = Wanted(
        user_id=user_id,
        record=parse_reference(typed) or typed.upper(),
        about=about,
        since=england().start_of(since) if since else None,
        before=england().end_of(until) if until else None,
    )
    asked = {
        "reader": user_id,
        "record": typed,
        "about": about,
        "since": since.isoformat() if since else "",
        "until": until.isoformat() if until else "",
    }
    return wanted, {name: value for name, value in asked.items() if value}


def _row(entry: Any) -> list[str]:
    at: datetime = entry.at
    told = (entry.reader, entry.email, entry.team, entry.reference, entry.public_id, entry.what, entry.reason)
    return [at.astimezone(LONDON).isoformat(timespec="seconds"), *(part or "" for part in told)]
