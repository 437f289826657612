"""Contacts, cases, their history, their actions and the working of their clocks."""

from collections.abc import Mapping
from typing import Any

from flask import request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.casework.contacts import received_at_of
from earlyhelp.casework.idempotency import answered_before, remember
from earlyhelp.casework.intake import open_case
from earlyhelp.casework.perform import actor_on, engine_for, perform
from earlyhelp.casework.reading import CaseRow, case_for, case_just_changed, facts_for_guards, facts_of
from earlyhelp.casework.references import find_person, find_team
from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.insight import cases as insight
from earlyhelp.insight.clocks import workings_of
from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.web.access import log_read
from earlyhelp.web.api.bodies import ActionSent, ContactSent, moment_of
from earlyhelp.web.api.entry import answer, body_as, body_digest, caller, route
from earlyhelp.web.api.shapes import case_shape, clock_shape, event_shape, written
from earlyhelp.web.services import services

LONGEST_KEY = 200


@route("/contacts", methods=("POST",))
def receive_contact() -> Response:
    """Record a contact. The same Idempotency-Key and body give the same case again."""
    sent, now = body_as(ContactSent), services().now()
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY:
        raise BadFields({"Idempotency-Key": [f"Must be {LONGEST_KEY} characters or fewer"]})
    with transaction(services().engine) as connection:
        reference = (
            answered_before(connection, person=caller(), key=key, digest=body_digest()) if key else None
        )
        if reference is None:
            opened = open_case(
                connection,
                person=caller(),
                action=sent.action or "receive_contact",
                children=sent.children,
                referrer=sent.referrer,
                fields=sent.declared(),
                occurred_at=received_at_of(sent.received_at),
                pathway=sent.pathway,
                reason=sent.reason,
                now=now,
            )
            reference = opened.reference
            if key:
                case_id = opened.case_id
                remember(connection, person=caller(), key=key, digest=body_digest(), case_id=case_id, now=now)
        body = _case_body(connection, case_just_changed(connection, reference=reference))
    location = url_for("api.show_case", reference=reference)
    return answer(body, 201, {"Location": location})


@route("/cases")
def list_cases() -> Response:
    """Cases the caller may see, oldest first, a page at a time."""
    with reading(services().engine) as connection:
        filters = _filters(connection, request.args)
        limit = _whole("limit", insight.PAGE, 1, insight.LARGEST_PAGE)
        after = _whole("cursor", 0, 0, 2**62)
        rows = insight.list_cases(connection, person=caller(), after_id=after, limit=limit, **filters)
        shown = rows[:limit]
        children = insight.children_of_many(connection, case_ids=[row.id for row in shown])
        clocks = insight.clocks_of_many(connection, case_ids=[row.id for row in shown])
        bodies = [_listed(connection, row, children.get(row.id, []), clocks.get(row.id, [])) for row in shown]
    cursor = str(shown[-1].id) if len(rows) > limit else None
    return answer({"cases": bodies, "next_cursor": cursor})


@route("/cases/<reference>")
def show_case(reference: str) -> Response:
    with reading(services().engine) as connection:
        case = _case(connection, reference)
        body = _case_body(connection, case)
    log_read(case_id=case.id, what="api case")
    return answer(body)


@route("/cases/<reference>/history")
def show_history(reference: str) -> Response:
    with reading(services().engine) as connection:
        case = _case(connection, reference)
        events = [event_shape(event) for event in insight.history_of(connection, case_id=case.id)]
    log_read(case_id=case.id, what="api history")
    return answer({"events": events})


@route("/cases/<reference>/actions/<action>", methods=("POST",))
def take_action(reference: str, action: str) -> Response:
    canonical = parse_reference(reference)
    if canonical is None:
        raise NoSuchCase(reference)
    sent = body_as(ActionSent)
    with transaction(services().engine) as connection:
        performed = perform(
            connection,
            reference=canonical,
            action=action,
            person=caller(),
            fields=sent.fields,
            seen_version=sent.version,
            occurred_at=_moment(sent.occurred_at, "occurred_at"),
            reason=sent.reason,
            now=services().now(),
        )
        body = _case_body(connection, case_just_changed(connection, reference=performed.reference))
    return answer(body)


@route("/cases/<reference>/clocks/<name>")
def show_clock(reference: str, name: str) -> Response:
    """A clock with its working: each day, the rule, whose days."""
    now = services().now()
    with reading(services().engine) as connection:
        case = _case(connection, reference)
        workings = workings_of(connection, case=case, engine=engine_for(connection, case), name=name, now=now)
    if not workings:
        raise NoSuchCase(reference)
    latest, *earlier = [_working(working, now) for working in workings]
    return answer({**latest, "earlier_runs": earlier})


def _case(connection: Connection, reference: str) -> CaseRow:
    return case_for(connection, reference=parse_reference(reference) or "", person=caller())


def _case_body(connection: Connection, case: CaseRow) -> dict[str, Any]:
    """The case as the interface writes it, with what the caller may do now."""
    clocks = insight.clocks_of(connection, case_id=case.id)
    return case_shape(
        case,
        owners=insight.owners_of(connection, case_id=case.id),
        children=insight.children_of(connection, case_id=case.id),
        clocks=clocks,
        actions=_possible(connection, case, clocks),
        now=services().now(),
    )


def _listed(connection: Connection, row: Any, children: list[Any], clocks: list[Any]) -> dict[str, Any]:
    return case_shape(
        row,
        owners=row,
        children=children,
        clocks=clocks,
        actions=_early(connection, row, clocks),
        now=services().now(),
    )


def _possible(connection: Connection, case: CaseRow, clocks: Any) -> tuple[str, ...]:
    engine = engine_for(connection, case)
    here = engine.pathway.actions_from(case.state)
    guards = facts_for_guards(connection, case_id=case.id, actions=here)
    running = [clock for clock in clocks if clock.status in {"running", "paused"}]
    return engine.possible(facts_of(case, running, **guards), actor_on(caller(), case), services().now())


def _early(connection: Connection, row: Any, clocks: Any) -> tuple[str, ...]:
    """Without the guards that need a look-up of their own: a list must not query for each row."""
    engine = engine_for(connection, row)
    running = [clock for clock in clocks if clock.status in {"running", "paused"}]
    return engine.possible(facts_of(row, running), actor_on(caller(), row), services().now())


def _working(working: Any, now: Any) -> dict[str, Any]:
    return {
        **clock_shape(working.clock, now),
        "gross_due_at": written(working.clock.gross_due_at),
        "rule": working.rule,
        "pathway_version": working.pathway_version,
        "gross_days": working.gross_days,
        "net_days": working.net_days,
        "whose_days": working.whose,
        "past_known_holidays": working.past_known_holidays,
        "pauses": working.clock.pauses,
        "days": [
            {
                "date": day.date.isoformat(),
                "counted": day.counted,
                "number": day.number,
                "reason": day.reason,
                "holder": day.holder,
            }
            for day in working.days
        ],
    }


def _filters(connection: Connection, args: Mapping[str, str]) -> dict[str, Any]:
    """The filters of a list; what names nothing that exists is refused by name."""
    found: dict[str, Any] = {"state": args.get("state") or None}
    errors: dict[str, list[str]] = {}
    for name, find, column in (
        ("team", find_team, "team_id"),
        ("lead_professional", find_person, "lead_professional_id"),
    ):
        if args.get(name):
            row = find(connection, args[name])
            found[column] = row.id if row is not None else None
            if row is None:
                errors[name] = ["There is none of that name here"]
    if errors:
        raise BadFields(errors)
    return {**found, "due_before": _moment(args.get("due_before"), "due_before")}


def _moment(text: str | None, name: str) -> Any:
    try:
        return moment_of((text or "").replace(" ", "+") or None, name)
    except ValueError as fault:
        raise BadFields({name: [str(fault)]}) from None


def _whole(name: str, default: int, low: int, high: int) -> int:
    text = request.args.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or len(text) > 18 or not low <= int(text) <= high:
        raise BadFields({name: [f"Must be a whole number from {low} to {high}"]})
    return int(text)
