"""Open cases by who holds them: now, and as they were known at an earlier moment, out of the history."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Subquery, func, select

from earlyhelp.insight.measures.known import Known
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.reference import PublishedPathway


@dataclass(frozen=True)
class Held:
    """How many open cases of one kind one worker holds. `lead_id` is None for those nobody leads."""

    team_id: int | None
    lead_id: int | None
    level_of_need: str | None
    state_kind: str
    cases: int


def open_cases_before(connection: Connection, *, person: Person, known: Known) -> Iterator[Held]:
    """By the last event of each case recorded by then, and the last level of need that one had recorded."""
    kinds = _kinds_of_states(connection)
    newest, level = _newest(known), _last_level(known)
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


def _newest(known: Known) -> Subquery:
    place = func.row_number().over(partition_by=Event.case_id, order_by=Event.sequence.desc())
    return (
        select(
            Event.case_id,
            Event.team_id,
            Event.lead_professional_id.label("lead_id"),
            Event.pathway_id,
            Event.to_state,
            place.label("place"),
        )
        .where(Event.recorded_at < known.before)
        .subquery()
    )


def _last_level(known: Known) -> Subquery:
    level: Any = Event.fields["level_of_need"].as_string()
    place = func.row_number().over(partition_by=Event.case_id, order_by=Event.sequence.desc())
    return (
        select(Event.case_id, level.label("level"), place.label("place"))
        .where(Event.recorded_at < known.before, level.is_not(None))
        .subquery()
    )


def _kinds_of_states(connection: Connection) -> dict[tuple[int, str], str]:
    """The kind of every state that is not final, by pathway and name."""
    return {
        (row.id, name): state.get("kind", "")
        for row in connection.execute(select(PublishedPathway.id, PublishedPathway.content))
        for name, state in row.content.get("states", {}).items()
        if not state.get("final")
    }
