"""Reading one case as the engine wants it: its row, its running clocks, and the facts that guards may ask for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, literal_column, or_, select

from earlyhelp.casework.pathways import CALENDAR
from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.pathway.clocks import Pause, Schedule, Span
from earlyhelp.pathway.definition import Action
from earlyhelp.pathway.facts import Facts, OpenClock
from earlyhelp.pathway.vocabulary import BELOW_THRESHOLD
from earlyhelp.permissions import Person, may_see
from earlyhelp.records.cases import Case, CasePerson, Event
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.people import Person as PersonRow
from earlyhelp.records.reference import PublishedPathway

CaseRow = Row[Any]

THE_CASE = select(
    Case,
    PublishedPathway.digest.label("fingerprint"),
    PublishedPathway.name.label("pathway"),
    PublishedPathway.version.label("pathway_version"),
    CALENDAR,
).join(PublishedPathway, PublishedPathway.id == Case.pathway_id)
# Built once: making a statement anew costs more than running it.
_THIS_CASE = THE_CASE.where(Case.reference == bindparam("reference"))
# Sharing the key: a sweep that raises an alert of this case only needs it to exist, and must not wait.
_THIS_CASE_LOCKED = _THIS_CASE.with_for_update(of=Case, key_share=True)
# Written out, not bound: SQLite plans a statement anew for each value that an index's condition depends on.
OPEN = or_(ClockRow.status == literal_column("'running'"), ClockRow.status == literal_column("'paused'"))
_RUNNING = select(ClockRow).where(ClockRow.case_id == bindparam("case_id"), OPEN).order_by(ClockRow.id)


def case_for(connection: Connection, *, reference: str, person: Person) -> CaseRow:
    """The case's row, if this person may see it; NoSuchCase otherwise."""
    found = connection.execute(_THIS_CASE, {"reference": reference}).one_or_none()
    return seen(found, reference, person)


def case_just_changed(connection: Connection, *, reference: str) -> CaseRow:
    """The row of a case that the caller has just changed: also when the change took it out of their sight."""
    return connection.execute(_THIS_CASE, {"reference": reference}).one()


def case_to_change(connection: Connection, *, reference: str, person: Person) -> CaseRow:
    """The same, locked until the transaction ends (on SQLite the whole database is: BEGIN IMMEDIATE)."""
    if not is_postgresql(connection):
        return case_for(connection, reference=reference, person=person)
    found = connection.execute(_THIS_CASE_LOCKED, {"reference": reference}).one_or_none()
    if found is None:
        # Moved to another version while we waited for the lock, a case no longer meets the version that was joined.
        found = connection.execute(_THIS_CASE_LOCKED, {"reference": reference}).one_or_none()
    return seen(found, reference, person)


def seen(row: CaseRow | None, reference: str, person: Person) -> CaseRow:
    """The row itself; NoSuchCase where there is none, or none for this person."""
    if row is None or not may_see(person, row):
        raise NoSuchCase(reference)
    return row


def running_clocks(connection: Connection, *, case_id: int) -> Sequence[Row[Any]]:
    return connection.execute(_RUNNING, {"case_id": case_id}).all()


def facts_of(case: CaseRow, clocks: Iterable[Row[Any]], **asked: Any) -> Facts:
    """The engine's view of a case. `asked` holds the facts that only some guards need (see `facts_for_guards`)."""
    return Facts(
        state=case.state,
        state_entered_at=case.state_entered_at,
        came_from=case.came_from,
        outcome=case.outcome,
        level_of_need=case.level_of_need,
        urgency=case.urgency,
        agreement=case.agreement,
        lead_professional=case.lead_professional_id,
        assessment_author=case.assessment_author_id,
        closed_at=case.closed_at,
        clocks=tuple(open_clock(row) for row in clocks),
        **asked,
    )


def open_clock(row: Row[Any]) -> OpenClock:
    return OpenClock(
        name=row.name,
        started_at=row.started_at,
        schedule=schedule_in(row),
        span=_span(*row.span.items()),
        paused=row.status == "paused",
        pauses=pauses_of(row.pauses) if row.pauses else (),
        about=row.about,
    )


@cache
def _span(written: tuple[str, int]) -> Span:
    """The span of a clock row, which says one kind of time: few are different, and every action reads some."""
    return Span.model_validate(dict([written]))


def pauses_of(written: Iterable[Mapping[str, Any]]) -> tuple[Pause, ...]:
    """The pauses as a clock row keeps them, for the engine."""
    return tuple(
        Pause(
            paused_at=datetime.fromisoformat(pause["paused_at"]),
            resumed_at=datetime.fromisoformat(pause["resumed_at"]) if pause["resumed_at"] else None,
            reason=pause["reason"],
        )
        for pause in written
    )


def schedule_in(row: Row[Any]) -> Schedule:
    warnings = (row.warning_1_at, row.warning_2_at, row.warning_3_at)
    rungs = (row.escalation_1_at, row.escalation_2_at, row.escalation_3_at)
    return Schedule(row.started_at, row.due_at, tuple(filter(None, warnings)), tuple(filter(None, rungs)))


def facts_for_guards(connection: Connection, *, case_id: int, actions: Iterable[Action]) -> dict[str, Any]:
    """Only what the guards of these actions ask for: most actions cost no query here."""
    asked = {guard.name for action in actions for guard in action.guards}
    found: dict[str, Any] = {}
    if "manager_confirms_repeat" in asked:
        found["earlier_below_threshold"] = below_threshold_closings(connection, case_id=case_id)
    if "every_child_has_birth_date" in asked:
        found["children_without_birth_date"] = _children_without_birth_date(connection, case_id)
    if "no_open_case_for_children" in asked:
        found["open_cases_of_children"] = open_cases_of_children(connection, case_id=case_id)
    return found


def below_threshold_closings(connection: Connection, *, case_id: int) -> tuple[datetime, ...]:
    """When other cases of any of the same children were closed below threshold."""
    statement = (
        select(Event.occurred_at)
        .where(Event.kind.in_(sorted(BELOW_THRESHOLD)), Event.case_id.in_(_other_cases(case_id)))
        .order_by(Event.occurred_at)
    )
    return tuple(connection.scalars(statement))


def open_cases_of_children(connection: Connection, *, case_id: int) -> tuple[str, ...]:
    statement = (
        select(Case.reference)
        .where(Case.is_open, ~Case.restricted, Case.id.in_(_other_cases(case_id)))
        .order_by(Case.reference)
    )
    return tuple(connection.scalars(statement))


def _other_cases(case_id: int) -> Any:
    same = select(CasePerson.person_id).where(CasePerson.case_id == case_id, CasePerson.is_child)
    return select(CasePerson.case_id).where(CasePerson.person_id.in_(same), CasePerson.case_id != case_id)


def _children_without_birth_date(connection: Connection, case_id: int) -> int:
    statement = (
        select(func.count())
        .select_from(CasePerson)
        .join(PersonRow, PersonRow.id == CasePerson.person_id)
        .where(
            CasePerson.case_id == case_id,
            CasePerson.is_child,
            PersonRow.date_of_birth.is_(None),
            PersonRow.expected_birth_on.is_(None),
        )
    )
    return int(connection.scalar(statement) or 0)
