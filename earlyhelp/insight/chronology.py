"""One page of a child's life with us: everything that happened on every case of theirs that the reader may see."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from earlyhelp.permissions import Person, hidden_people, may_contribute, visible_cases
from earlyhelp.records.cases import Case, CasePerson, Contact, Event
from earlyhelp.records.notes import CaseNote, SignificantEntry
from earlyhelp.records.organisation import User
from earlyhelp.records.people import Person as PersonRow

PAGE = 40
LONGEST_PRINT = 2000
KINDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "contacts": ("Contacts and requests", frozenset({"contact", "step_down", "contact_joined"})),
    "decisions": (
        "Decisions",
        frozenset(
            {"no_further_action", "advice", "signpost", "agreement_refused", "referral", "acceptance"}
            | {"agreement_withdrawn", "reopening"}
        ),
    ),
    "help": (
        "Help given",
        frozenset(
            {"allocation", "reallocation", "first_contact", "contact_attempt", "reassessment"}
            | {
                "assessment_submitted",
                "assessment_authorised",
                "assessment_returned",
                "plan_shared",
                "review",
            }
        ),
    ),
    "step_ups": (
        "Step up and step down",
        frozenset({"step_up_requested", "step_up_accepted", "step_up_returned", "referral", "step_down"}),
    ),
    "closings": ("Closings", frozenset({"closing", "no_further_action", "advice", "signpost"})),
    "notes": ("Case notes", frozenset()),
}
LEFT_OUT = ("clock_paused", "clock_resumed", "correction", "moved")
"""Events about our own work, not about the child."""


class Place(NamedTuple):
    """The last row that was shown."""

    on: date
    source: str
    id: int


class Wanted(NamedTuple):
    """What of the chronology is asked for. `kind` is a key of KINDS, or empty for all."""

    kind: str = ""
    since: date | None = None
    until: date | None = None
    significant: bool = False


def child_of(connection: Connection, *, public_id: str, person: Person) -> Any:
    """The person, if the reader may see a case of theirs; None otherwise, as if there were nobody: in one query."""
    same = aliased(PersonRow)
    theirs = (
        select(CasePerson.person_id)
        .join(Case, Case.id == CasePerson.case_id)
        .join(same, same.id == CasePerson.person_id)
        .where(or_(same.id == PersonRow.id, same.merged_into_id == PersonRow.id), visible_cases(person))
        .exists()
    )
    named = select(PersonRow).where(PersonRow.public_id == public_id)
    return connection.execute(named.where(theirs, ~hidden_people(person))).one_or_none()


def chronology(
    connection: Connection,
    *,
    person_id: int,
    person: Person,
    wanted: Wanted,
    after: Place | None = None,
    limit: int = PAGE,
) -> Sequence[Any]:
    """Rows latest first, one more than `limit` if there are more: one query, then one for what each row says.

    Each row has on, source (event or note), id, case_id, reference, pathway_id, kind, action, fields, words, actor,
    recorded_at, significant (why) and struck_at.
    """
    flag = aliased(SignificantEntry)
    everything = union_all(*_parts(person_id, person, wanted)).subquery()
    row = everything.c
    where: list[ColumnElement[bool]] = []
    where += [row.on >= wanted.since] if wanted.since else []
    where += [row.on <= wanted.until] if wanted.until else []
    where += [flag.id.is_not(None)] if wanted.significant else []
    if after:
        here: list[Any] = [row.on, row.source, row.id]
        where.append(tuple_(*here) < tuple_(literal(after.on), literal(after.source), literal(after.id)))
    flagged = and_(
        flag.case_id == row.case_id,
        flag.source == row.source,
        flag.source_id == row.id,
        flag.withdrawn_at.is_(None),
    )
    page = (
        select(row.on, row.source, row.id, flag.reason.label("significant"))
        .outerjoin(flag, flagged)
        .where(*where)
        .order_by(row.on.desc(), row.source.desc(), row.id.desc())
        .limit(limit + 1)
    )
    return _filled(connection, connection.execute(page).all())


def writable(connection: Connection, *, case_ids: Collection[int], person: Person) -> frozenset[int]:
    """On which of these cases the reader may also write, and so flag what is significant."""
    rows = connection.execute(select(Case).where(Case.id.in_(case_ids)))
    return frozenset(row.id for row in rows if may_contribute(person, row))


def _parts(person_id: int, person: Person, wanted: Wanted) -> list[Any]:
    """Events and notes of the child's cases, as day, source, id and case."""
    cases = select(Case.id).where(Case.id.in_(_cases_of(person_id)), visible_cases(person))
    events = select(
        _day().label("on"),
        literal("event").label("source"),
        Event.id.label("id"),
        Event.case_id.label("case_id"),
    ).where(Event.case_id.in_(cases), Event.kind.not_in(LEFT_OUT))
    notes = select(
        CaseNote.occurred_on.label("on"),
        literal("note").label("source"),
        CaseNote.id.label("id"),
        CaseNote.case_id.label("case_id"),
    ).where(CaseNote.case_id.in_(cases))
    if wanted.kind == "notes":
        return [notes]
    if wanted.kind:
        return [events.where(Event.kind.in_(sorted(KINDS[wanted.kind][1])))]
    return [events, notes]


def _day() -> ColumnElement[date]:
    """The day an event truly happened: its own, or the one it was corrected to last."""
    correction = aliased(Event)
    corrected = (
        select(correction.corrected_on)
        .where(correction.case_id == Event.case_id, correction.corrects == Event.sequence)
        .order_by(correction.sequence.desc())
        .limit(1)
        .correlate(Event)
        .scalar_subquery()
    )
    return func.coalesce(corrected, Event.occurred_on)


def _cases_of(person_id: int) -> Any:
    """Cases of this person, and of records that were found to be the same person."""
    same = select(PersonRow.id).where(or_(PersonRow.id == person_id, PersonRow.merged_into_id == person_id))
    return select(CasePerson.case_id).where(CasePerson.person_id.in_(same))


class Entry(NamedTuple):
    """One row of the chronology with what it says. `told` is the event or the note."""

    on: date
    source: str
    id: int
    significant: str | None
    told: Any


def _filled(connection: Connection, rows: Sequence[Any]) -> list[Entry]:
    events = _events(connection, [row.id for row in rows if row.source == "event"])
    notes = _notes(connection, [row.id for row in rows if row.source == "note"])
    told = {"event": events, "note": notes}
    return [Entry(row.on, row.source, row.id, row.significant, told[row.source][row.id]) for row in rows]


def _events(connection: Connection, ids: Collection[int]) -> dict[int, Any]:
    rows = connection.execute(
        select(
            Event.id,
            Event.case_id,
            Event.action,
            Event.kind,
            Event.fields,
            Event.reason,
            Event.to_state,
            Event.actor,
            Event.occurred_at,
            Event.recorded_at,
            Case.reference,
            Event.pathway_id,
            User.name.label("actor_name"),
            Contact.worries,
            Contact.source.label("contact_source"),
        )
        .join(Case, Case.id == Event.case_id)
        .outerjoin(User, User.id == Event.actor_id)
        .outerjoin(Contact, and_(Contact.case_id == Event.case_id, Event.kind == "contact"))
        .where(Event.id.in_(ids))
    )
    return {row.id: row for row in rows}


def _notes(connection: Connection, ids: Collection[int]) -> dict[int, Any]:
    rows = connection.execute(
        select(CaseNote, Case.reference, Case.pathway_id, User.name.label("actor_name"))
        .join(Case, Case.id == CaseNote.case_id)
        .join(User, User.id == CaseNote.by_id)
        .where(CaseNote.id.in_(ids))
    )
    return {row.id: row for row in rows}
