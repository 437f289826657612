"""The queue of contacts to decide: nearest deadline first, narrowed down as a screener asks."""

from typing import Any

from flask import abort, redirect, render_template, request, session, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.casework.intake import opening_engine
from earlyhelp.insight import front_door
from earlyhelp.insight.front_door import FLAGS, MOST, WHOSE, Wanted
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.cases import AT_THE_FRONT_DOOR
from earlyhelp.records.database import reading
from earlyhelp.web.access import permitted, person
from earlyhelp.web.asking import name_asked
from earlyhelp.web.front_door.door import blueprint
from earlyhelp.web.front_door.drafting import shown_drafts
from earlyhelp.web.presenters.places import read_place, written_place
from earlyhelp.web.presenters.words import in_words
from earlyhelp.web.presenters.worklists import shown_rows
from earlyhelp.web.services import services

SEARCH = "front_door_search"
AT_RISK = "after_at_risk"
FILTERS = ("state", "urgency", "source", "flag", "whose")
FLAG_WORDS = {
    "repeat": "Earlier contact in 12 months",
    "infant": "Under 1 or unborn",
    "open_case": "Another open case",
    "restricted": "Restricted",
}
WHOSE_WORDS = {"mine": "Taken by me", "nobodys": "Taken by nobody", "others": "Taken by others"}


@blueprint.get("")
@permitted("front_door")
def queue() -> str:
    now, wanted = services().now(), _wanted()
    place = _place()
    today = now.astimezone(LONDON).date()
    asked: dict[str, Any] = {"person": person(), "now": now, "today": today}
    with reading(services().engine) as connection:
        found = front_door.queue(connection, **asked, wanted=wanted, **place)
        is_whole = found.following is None and not any(place.values())
        waiting = len(found.items) if is_whole else front_door.count(connection, **asked, wanted=wanted)
        rows = shown_rows(connection, list(found.items), now, person().id)
        choices = _choices(connection)
        drafts = shown_drafts(connection, person(), now)
    following = written_place(found.following)
    chosen: dict[str, Any] = dict(_chosen())
    place_there = {AT_RISK if found.ends_above else "after": following}
    return render_template(
        "front_door/queue.html",
        rows=rows,
        waiting=waiting,
        is_more=wanted.looks_further and waiting > MOST,
        most=MOST,
        is_narrowed=wanted != front_door.EVERYTHING,
        choices=choices,
        chosen=chosen,
        drafts=drafts,
        search=wanted.search or "",
        next_url=url_for("front_door.queue", **chosen | place_there) if following else None,
    )


@blueprint.post("/search")
@permitted("front_door")
def search() -> Response:
    """Narrow the queue. The words stay in the session: a child's name has no place in an address."""
    session[SEARCH] = request.form.get("search", "").strip()[:100]
    given: dict[str, Any] = {name: value for name in FILTERS if (value := request.form.get(name, "")[:20])}
    return redirect(url_for("front_door.queue", **given))


def _place() -> dict[str, Any]:
    """Where the list goes on: after a contact, or after one where a child may be at risk."""
    try:
        return {name: read_place(request.args.get(name)) for name in ("after", AT_RISK)}
    except ValueError:
        abort(404)


def _chosen() -> dict[str, str]:
    """The filters of the address that mean something; what was made up by hand asks for nothing."""
    allowed = {"state": AT_THE_FRONT_DOOR, "flag": FLAGS, "whose": WHOSE}
    given = {name: value for name in FILTERS if (value := name_asked(name)[:20])}
    return {name: value for name, value in given.items() if value in allowed.get(name, (value,))}


def _wanted() -> Wanted:
    chosen = _chosen()
    state = chosen.pop("state", None)
    return Wanted(state_kind=state, **chosen, search=session.get(SEARCH) or None)


def _choices(connection: Connection) -> dict[str, dict[str, str]]:
    """What can be asked for, by filter."""
    pathway = opening_engine(connection, person=person(), now=services().now()).pathway
    states = {state.kind: state.title for state in pathway.states.values() if state.kind in AT_THE_FRONT_DOOR}
    return {
        "state": {kind: states.get(kind, in_words(kind)) for kind in AT_THE_FRONT_DOOR if kind in states},
        "urgency": {code: entry.label for code, entry in pathway.codes.get("urgency", {}).items()},
        "source": {code: entry.label for code, entry in pathway.codes.get("source", {}).items()},
        "flag": FLAG_WORDS,
        "whose": WHOSE_WORDS,
    }
