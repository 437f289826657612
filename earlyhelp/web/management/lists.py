"""The cases and time limits behind the numbers of the dashboard."""

from typing import Literal, cast

from flask import abort, render_template, request, url_for
from sqlalchemy import Connection, select

from earlyhelp.casework.pathways import STANDARD
from earlyhelp.insight.alert_choices import alert_choices
from earlyhelp.insight.case_lists import (
    PAGE,
    Chosen,
    Group,
    cases,
    council_days,
    time_limits,
)
from earlyhelp.insight.caseload import NO_TEAM
from earlyhelp.pathway.vocabulary import STATE_KINDS
from earlyhelp.records.base import NOBODY
from earlyhelp.records.database import reading
from earlyhelp.records.organisation import Team
from earlyhelp.web.access import permitted, person
from earlyhelp.web.asking import asked_again, name_asked, number_asked, place_asked
from earlyhelp.web.management.flow import pathway_named
from earlyhelp.web.management.views import blueprint
from earlyhelp.web.presenters.places import written_place
from earlyhelp.web.presenters.words import by_end_of, in_words, time_left
from earlyhelp.web.presenters.worklists import shown_rows
from earlyhelp.web.services import services

GROUPS = {
    "open": "Open cases",
    "restricted": "Open cases that are restricted",
    "received_today": "Contacts received today",
    "decided_today": "Contacts decided today",
}
WHEN = {"overdue": "Time limits overdue now", "soon": "Time limits due in the next 5 working days"}


@blueprint.get("/cases")
@permitted("management")
def case_list() -> str:
    """Cases by what the address asks for, nearest deadline first."""
    chosen, now = _chosen(), services().now()
    with reading(services().engine) as connection:
        found = cases(connection, person=person(), now=now, chosen=chosen, after=place_asked())
        rows = shown_rows(connection, list(found.items), now)
        team = chosen.workers_of if chosen.team_id is None else chosen.team_id
        choices = alert_choices(connection, person=person(), team=team, worker=chosen.worker_id)
        title = _title(connection, chosen)
    return render_template(
        "management/cases.html",
        title=title,
        rows=rows,
        chosen=chosen,
        choices=choices,
        kinds={kind: in_words(kind) for kind in STATE_KINDS if kind != "closed"},
        next_url=_following("management.case_list", written_place(found.following)),
    )


@blueprint.get("/time-limits")
@permitted("management")
def time_limit_list() -> str:
    """Running time limits that have passed, or are about to."""
    when = request.args.get("when", "overdue")
    if when not in WHEN:
        abort(404)
    now, team, worker = services().now(), number_asked("team"), number_asked("worker")
    with reading(services().engine) as connection:
        calendar = council_days(connection)
        found = time_limits(
            connection,
            person=person(),
            now=now,
            calendar=calendar,
            when=cast(Literal["overdue", "soon"], when),
            team_id=team,
            worker_id=worker,
            after=place_asked(),
        )
        choices = alert_choices(connection, person=person(), team=team, worker=worker)
    last = found[PAGE - 1] if len(found) > PAGE else None
    rows = [
        (
            row,
            choices.clocks.get(row.name, in_words(row.name)),
            by_end_of(row.due_at, now),
            time_left(row.due_at, now, calendar),
        )
        for row in found[:PAGE]
    ]
    return render_template(
        "management/time_limits.html",
        title=WHEN[when],
        rows=rows,
        when=when,
        team=team,
        worker=worker,
        whens=WHEN,
        choices=choices,
        next_url=_following(
            "management.time_limit_list", written_place((last.due_at, last.id)) if last else None
        ),
    )


def _chosen() -> Chosen:
    group = request.args.get("group", "open")
    kind = request.args.get("kind") or None
    if group not in GROUPS or (kind and kind not in STATE_KINDS):
        abort(404)
    state, pathway = (name_asked(name)[:60] or None for name in ("state", "pathway"))
    team, worker = number_asked("team"), number_asked("worker")
    return Chosen(cast(Group, group), team, worker, kind, state, pathway, number_asked("workers_of"))


def _title(connection: Connection, chosen: Chosen) -> str:
    """`Open cases: Screening`, `Open cases led by North locality`: what no field of the filter says."""
    title = GROUPS[chosen.group]
    if chosen.state:
        named = pathway_named(connection, chosen.pathway or STANDARD).states.get(chosen.state)
        title += f": {named.title if named else in_words(chosen.state)}"
    if chosen.workers_of == NOBODY:
        title += f" led by {NO_TEAM[0].lower()}{NO_TEAM[1:]}"
    elif chosen.workers_of is not None:
        title += f" led by {connection.scalar(select(Team.name).where(Team.id == chosen.workers_of)) or 'no such team'}"
    return title


def _following(endpoint: str, place: str | None) -> str | None:
    return url_for(endpoint, **asked_again(), after=place) if place else None
