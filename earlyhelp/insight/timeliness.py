"""How timely one worker's cases are, for supervision: the council's own measures, of the cases they lead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, union

from earlyhelp.insight.measures.asking import previous, scene_of
from earlyhelp.insight.measures.behind import Behind, Part, behind
from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.figures import Figure, figures
from earlyhelp.insight.measures.known import Known
from earlyhelp.insight.measures.narrowing import Narrowed
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import Person, sees_all, visible_cases
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.organisation import User

KEYS = (
    "first_contact_in_time",
    "assessment_in_time",
    "assessment_in_time_from_contact",
    "reviews_in_time",
    "recording_lag",
)


def worker_for(connection: Connection, *, user_id: int, person: Person) -> Any:
    """A worker whom this person may supervise: of their team, or leading a case that they may see. None otherwise."""
    leads = (
        select(Case.id)
        .where(Case.lead_professional_id == User.id, Case.is_open, visible_cases(person))
        .exists()
    )
    scope = [] if sees_all(person) else [or_(User.team_id == person.team_id, leads)]
    statement = select(User.id, User.name, User.email).where(User.id == user_id, *scope)
    return connection.execute(statement).one_or_none()


def timeliness(
    connection: Connection, *, worker_id: int, span: Span, now: datetime
) -> Sequence[tuple[Figure, Figure]]:
    """Each measure of the period, with the period before."""
    scene = _of_worker(connection, scene_of(connection, span, previous(span), now=now), worker_id)
    found = figures(connection, [MEASURES[key] for key in KEYS], scene, Narrowed(worker_id=worker_id))
    return [(found[key][0], found[key][1]) for key in KEYS]


def timeliness_cases(
    connection: Connection,
    *,
    key: str,
    worker_id: int,
    span: Span,
    part: Part,
    person: Person,
    now: datetime,
    after: str | None,
) -> Behind:
    """The events behind one of these figures. ValueError for a place that is none."""
    scene = _of_worker(connection, scene_of(connection, span, now=now), worker_id)
    worker = Narrowed(worker_id=worker_id)
    return behind(connection, MEASURES[key], scene, worker, person=person, part=part, after=after)


def _of_worker(connection: Connection, scene: Scene, worker_id: int) -> Scene:
    """The scene with those cases alone that can count for this worker: otherwise the whole history would be read.

    Time limits were theirs there, or they typed something in on days that are asked about.
    """
    first, last = scene.within.first, scene.within.last
    assert first is not None
    assert last is not None
    calendar = england()
    recorded = Event.recorded_at.between(calendar.start_of(first), calendar.end_of(last))
    cases = union(
        select(ClockRow.case_id).where(ClockRow.lead_professional_id == worker_id),
        select(Event.case_id).where(Event.actor_id == worker_id, recorded),
    )
    return replace(scene, known=Known(cases=tuple(connection.scalars(cases))))
