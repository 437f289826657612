"""The pathway as it is travelled: a picture with its numbers, the same in words, and the cases behind each."""

from collections.abc import Mapping
from datetime import date, timedelta

from flask import abort, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy import Connection, select

from earlyhelp.casework.pathways import STANDARD, compiled, running_pathway_id
from earlyhelp.insight.flow import PAGE, Place, Stay, departures, flow, states_now
from earlyhelp.insight.kept_board import kept_board, told_states
from earlyhelp.insight.moves import Travelled
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.diagram import Overlay, svg
from earlyhelp.records.database import reading
from earlyhelp.records.reference import PublishedPathway
from earlyhelp.web.access import permitted, person
from earlyhelp.web.asking import Days, asked_again, name_asked, numbers_asked, period_typed
from earlyhelp.web.management.views import blueprint, counted_words
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

DAYS_BACK = timedelta(days=90)


@blueprint.get("/flow")
@permitted("management")
def flow_page() -> str | tuple[str, int]:
    """The picture of one pathway over a period, the last 90 days without one."""
    with reading(services().reports) as connection:
        asked, names, days = _asked(connection)
        pathway = pathway_named(connection, asked.pathway)
        kept = kept_board(connection, person=person(), now=services().now())
        here = (
            told_states(kept, pathway=asked.pathway)
            if kept
            else states_now(connection, person=person(), pathway=asked.pathway)
        )
        stays = flow(connection, person=person(), asked=asked, here=here)
    page = render_template(
        "management/flow.html",
        picture=Markup(_picture(pathway, stays)),  # noqa: S704 - our own drawing, every word in it escaped
        pathway=pathway,
        stays=[(state, stays.get(name, Stay())) for name, state in pathway.states.items()],
        titles=_titles(pathway),
        asked=asked,
        counted=counted_words(kept),
        names=names,
        days=days,
        words=words,
    )
    return (page, 422) if days.faults else page


@blueprint.get("/flow/<state>")
@permitted("management")
def flow_cases(state: str) -> str:
    """The cases that left a state in the period, by one way or by any."""
    action, to = name_asked("action"), name_asked("to")
    with reading(services().reports) as connection:
        asked, _, days = _asked(connection)
        if days.faults:
            abort(404)
        pathway = pathway_named(connection, asked.pathway)
        if state not in pathway.states:
            abort(404)
        found = departures(
            connection, person=person(), asked=asked, state=state, action=action, to=to, after=_after()
        )
    last = found[PAGE - 1] if len(found) > PAGE else None
    following = f"{last.occurred_on}-{last.case_id}-{last.sequence}" if last else None
    return render_template(
        "management/flow_cases.html",
        rows=found[:PAGE],
        state=pathway.states[state],
        titles=_titles(pathway),
        asked=asked,
        words=words,
        today=services().now().astimezone(LONDON).date(),
        next_url=url_for("management.flow_cases", state=state, **asked_again(), after=following)
        if following
        else None,
    )


def _asked(connection: Connection) -> tuple[Travelled, Mapping[str, str], Days]:
    """What the address asks for, the pathways that there are, and the days as they were typed."""
    rows = connection.execute(
        select(PublishedPathway.name, PublishedPathway.title).order_by(PublishedPathway.published_at)
    )
    names = {row.name: row.title for row in rows}
    today = services().now().astimezone(LONDON).date()
    days, first, last = period_typed(today, DAYS_BACK)
    name = request.args.get("pathway", STANDARD if STANDARD in names else next(iter(names), STANDARD))
    if name not in names:
        abort(404)
    return Travelled(name, first, last), names, days


def pathway_named(connection: Connection, name: str) -> Pathway:
    """The version of that pathway on which new cases start. Not found without one."""
    pathway_id = running_pathway_id(connection, name=name, on=services().now().astimezone(LONDON).date())
    if pathway_id is None:
        abort(404)
    return compiled(connection, pathway_id=pathway_id).pathway


def _picture(pathway: Pathway, stays: Mapping[str, Stay]) -> str:
    counts = {name: stays.get(name, Stay()).here for name, state in pathway.states.items() if not state.final}
    links = {name: url_for("management.case_list", state=name, pathway=pathway.name) for name in counts}
    titles = _titles(pathway)
    ways: dict[tuple[str, str], float] = {}
    for name, stay in stays.items():
        for way in stay.ways:
            key = (name, titles.get(way.action, way.action))
            ways[key] = ways.get(key, 0) + way.share
    overlay = Overlay(
        {name: _days(stay) for name, stay in stays.items() if stay.median_days is not None},
        {key: f"{share:.0f} %" for key, share in ways.items()},
    )
    return svg(pathway, counts, links, overlay)


def _days(stay: Stay) -> str:
    return f"median {stay.median_days:g} {'day' if stay.median_days == 1 else 'days'}"


def _titles(pathway: Pathway) -> dict[str, str]:
    """Titles of actions and states by name."""
    actions = {name: action.title for name, action in pathway.actions.items()}
    return actions | {f"state {name}": state.title for name, state in pathway.states.items()}


def _after() -> Place | None:
    """Where the page before ended: year, month, day, case and event."""
    numbers = numbers_asked("after", 5)
    if numbers is None:
        return None
    try:
        return Place(date(*numbers[:3]), *numbers[3:])
    except ValueError:
        abort(404)
