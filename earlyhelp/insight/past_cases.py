"""Open cases by who holds them: now, and as they were known at an earlier moment, out of the history."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, FromClause, Subquery, func, select

from earlyhelp.insight.measures.known import Known, Within, events, recorded_by
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.reference import PublishedPathway

_TOLD = ("case_id", "sequence", "team_id", "lead_professional_id", "pathway_id", "to_state", "fields")


class Held(NamedTuple):
    """How many open cases of one kind one worker holds. `lead_id` is None for those nobody leads."""

    team_id: int | None
    lead_id: int | None
    level_of_need: str | None
    state_kind: str
    cases: int


def open_cases_before(
    connection: Connection, *, person: Person, known: Known, of: date | None = None
) -> Iterator[Held]:
    """By the last event of each case recorded by then, and the last level of need that one had recorded.

    With `of`, a day before: by what had happened by its end, as that was known later.
    """
    kinds = _kinds_of_states(connection)
    told = _recorded(known) if of is None else events(known, within=Within(last=of), kept=_TOLD)
    newest, level = _newest(told), _last_level(told)
    columns = (newest.c.team_id, newest.c.lead_id, newest.c.pathway_id, newest.c.to_state, level.c.level)
    statement = (
        select(*columns, func.count().label("cases"))
        .join(Case, Case.id == newest.c.case_id)
        .outerjoin(level, (level.c.case_id == newest.c.case_id) & (level.c.place == 1))
        .where(newest.c.place == 1, visible_cases(person))
        .group_by(*columns)
    )
    for row in connection.execute(statement):
        kind = kinds.get((row.pathway_id, row.to_state), "closed")
        if kind != "closed":
            yield Held(row.team_id, row.lead_id, row.level, kind, row.cases)


def _recorded(known: Known) -> Subquery:
    columns = [getattr(Event, name) for name in _TOLD]
    return select(*columns).where(*recorded_by(known, Event.recorded_at)).subquery()


def _newest(told: FromClause) -> Subquery:
    place = func.row_number().over(partition_by=told.c.case_id, order_by=told.c.sequence.desc())
    return select(
        told.c.case_id,
        told.c.team_id,
        told.c.lead_professional_id.label("lead_id"),
        told.c.pathway_id,
        told.c.to_state,
        place.label("place"),
    ).subquery()


def _last_level(told: FromClause) -> Subquery:
    level: Any = told.c.fields["level_of_need"].as_string()
    place = func.row_number().over(partition_by=told.c.case_id, order_by=told.c.sequence.desc())
    rows = select(told.c.case_id, level.label("level"), place.label("place"))
    return rows.where(level.is_not(None)).subquery()


def _kinds_of_states(connection: Connection) -> dict[tuple[int, str], str]:
    """The kind of every state that is not final, by pathway and name."""
    return {
        (row.id, name): state.get("kind", "")
        for row in connection.execute(select(PublishedPathway.id, PublishedPathway.content))
        for name, state in row.content.get("states", {}).items()
        if not state.get("final")
    }
