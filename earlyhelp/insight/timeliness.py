"""How timely one worker's cases are, for supervision: the council's own measures, of the cases they lead."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from earlyhelp.insight.measures.asking import previous, scene_of
from earlyhelp.insight.measures.behind import Behind, Part, behind
from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.figures import Figure, figures
from earlyhelp.insight.measures.narrowing import Narrowed
from earlyhelp.insight.measures.scene import Span
from earlyhelp.permissions import Person, sees_all, visible_cases
from earlyhelp.records.cases import Case
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
    scene = scene_of(connection, span, previous(span), now=now)
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
    scene = scene_of(connection, span, now=now)
    worker = Narrowed(worker_id=worker_id)
    return behind(connection, MEASURES[key], scene, worker, person=person, part=part, after=after)
