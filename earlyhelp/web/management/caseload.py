"""Who holds how much: the page, and the same as a file."""

from datetime import date

from flask import Response, render_template

from earlyhelp.exporting import FORMATS, exported
from earlyhelp.exporting.caseload import caseload_table
from earlyhelp.insight.caseload import NOW, caseload, page_of_teams
from earlyhelp.insight.measures.known import Known
from earlyhelp.pathway.calendar import england
from earlyhelp.records.database import reading
from earlyhelp.records.workload import FULL
from earlyhelp.web.access import permitted, person
from earlyhelp.web.asking import day_asked, days_typed, number_asked
from earlyhelp.web.files import sent
from earlyhelp.web.management.views import blueprint
from earlyhelp.web.own_words import own_word
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services


@blueprint.get("/caseload")
@permitted("management")
def caseload_page() -> str | tuple[str, int]:
    """Teams and workers, now or as known at the end of a day."""
    days, now = days_typed(as_known_on=None), services().now()
    on, team_id, after = days.found.get("as_known_on"), number_asked("team"), number_asked("after")
    with reading(services().engine) as connection:
        found = page_of_teams(connection, person=person(), team_id=team_id, after=after, known=_known(on))
    page = render_template(
        "management/caseload.html",
        teams=found.teams,
        one_team=team_id is not None,
        partly=after is not None or found.following is not None,
        following=found.following,
        rules=found.rules,
        full=FULL,
        on=on,
        days=days,
        formats=FORMATS,
        words=words,
        now=now,
    )
    return (page, 422) if days.faults else page


@blueprint.get("/caseload.<any(csv, json, ods, xlsx, pdf, html):file_format>")
@permitted("management")
def caseload_file(file_format: str) -> Response:
    """The same as a file."""
    on, team_id, now = day_asked("as_known_on"), number_asked("team"), services().now()
    asked = None if team_id is None else [team_id]
    with reading(services().engine) as connection:
        teams = caseload(connection, person=person(), teams=asked, known=_known(on))
    table = caseload_table(teams, on=on or england().date_of(now), lead=own_word("lead_professional"))
    return sent(exported(table, file_format))


def _known(on: date | None) -> Known:
    """What had been recorded by the end of that day."""
    return NOW if on is None else Known(before=england().end_of(on))
