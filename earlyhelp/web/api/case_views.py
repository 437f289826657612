"""Cases, their history, their actions and the working of their clocks."""

from werkzeug.wrappers import Response

from earlyhelp.casework.perform import perform
from earlyhelp.casework.reading import case_for, case_just_changed
from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.insight import cases as insight
from earlyhelp.insight.clocks import workings_of
from earlyhelp.insight.cursors import Cursor, write_cursor
from earlyhelp.insight.pathways import names_in_use
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.web.access import log_read
from earlyhelp.web.api.bodies import ActionSent
from earlyhelp.web.api.case_bodies import case_bodies, case_body
from earlyhelp.web.api.entry import answer, caller, route
from earlyhelp.web.api.etags import etag, seen_version
from earlyhelp.web.api.received import (
    body_as,
    cursor_asked,
    moment_asked,
    moment_of,
    one_of_asked,
    query,
    records_asked,
    whole_asked,
)
from earlyhelp.web.api.shapes import event_shape, working_shape
from earlyhelp.web.cases.versions import engines_of
from earlyhelp.web.services import services

READ = "api"
"""What the access log calls it when a case was read here."""


@route("/cases")
def list_cases() -> Response:
    """Cases the caller may see, a page at a time: oldest first, or by nearest deadline with `due_before`."""
    asked, now = (
        query("state", "team", "lead_professional", "due_before", "cursor", "limit"),
        services().now(),
    )
    due_before = moment_asked(asked, "due_before")
    limit = whole_asked(asked, "limit", default=insight.PAGE, largest=insight.LARGEST_PAGE)
    of = "cases" if due_before is None else "cases by deadline"
    with reading(services().engine) as connection:
        rows = insight.list_cases(
            connection,
            person=caller(),
            state=one_of_asked(asked, "state", names_in_use(connection, "states")),
            due_before=due_before,
            after=cursor_asked(asked, of=of),
            limit=limit,
            **records_asked(connection, asked),
        )
        bodies = case_bodies(connection, rows[:limit], person=caller(), now=now)
    last = rows[limit - 1] if len(rows) > limit else None
    at = last.next_due_at if last is not None and due_before is not None else None
    cursor = write_cursor(Cursor(last.id, at), of=of) if last is not None else None
    return answer({"cases": bodies, "next_cursor": cursor})


@route("/cases/<reference>")
def show_case(reference: str) -> Response:
    with reading(services().engine) as connection:
        case = case_for(connection, reference=_canonical(reference), person=caller())
        body = case_body(connection, case, person=caller(), now=services().now())
    log_read(case_id=case.id, what=READ)
    return answer(body, headers=etag(case.version))


@route("/cases/<reference>/history")
def show_history(reference: str) -> Response:
    with reading(services().engine) as connection:
        case = case_for(connection, reference=_canonical(reference), person=caller())
        events = [event_shape(event) for event in insight.history_of(connection, case_id=case.id)]
    log_read(case_id=case.id, what=READ)
    return answer({"events": events})


@route("/cases/<reference>/actions/<action>", methods=("POST",), scope="act")
def take_action(reference: str, action: str) -> Response:
    canonical, sent, now = _canonical(reference), body_as(ActionSent), services().now()
    occurred_at = moment_of(sent.occurred_at, "occurred_at")
    with transaction(services().engine) as connection:
        perform(
            connection,
            reference=canonical,
            action=action,
            person=caller(),
            fields=sent.fields,
            seen_version=seen_version(sent.version),
            occurred_at=occurred_at,
            reason=sent.reason,
            now=now,
        )
        case = case_just_changed(connection, reference=canonical)
        body = case_body(connection, case, person=caller(), now=now)
    return answer(body, headers=etag(case.version))


@route("/cases/<reference>/clocks/<name>")
def show_clock(reference: str, name: str) -> Response:
    """A clock with its working: each day, the rule, whose days. The latest run, with those before it."""
    canonical, now = _canonical(reference), services().now()
    with reading(services().engine) as connection:
        case = case_for(connection, reference=canonical, person=caller())
        engines = engines_of(connection, case, insight.history_versions(connection, case_id=case.id))
        runs = workings_of(connection, case=case, engine_of=engines.__getitem__, name=name, now=now)
    if not runs:
        raise NoSuchCase(reference)
    log_read(case_id=case.id, what=READ)
    latest, *earlier = [working_shape(run, now) for run in runs]
    return answer({**latest, "earlier_runs": earlier})


def _canonical(reference: str) -> str:
    """The reference as we write it, from however it was typed."""
    canonical = parse_reference(reference)
    if canonical is None:
        raise NoSuchCase(reference)
    return canonical
