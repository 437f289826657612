"""How tables of the Standard Safeguarding Dataset are said here, and what the people and cases in them are.

Source: Data to Insight, ssd-data-model, tables and types of the live extract of July 2026. What this system does not
record stays empty; a column is never left out.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, true, union

from earlyhelp.insight.measures.asking import FIRST_DAY
from earlyhelp.insight.statutory.history import Asked, asked_for
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import SYSTEM, Person as Asker, hidden_people, visible_cases
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.people import FamilyMember, Person

AT_ONCE = 2_000
YEARS_KEPT = 6
"""The standard keeps what is open, or ended at most so many years ago."""


class Whole(NamedTuple):
    """What every table is made from: the moment, the history until then, labels of the council's codes."""

    now: datetime
    asked: Asked
    needs: Mapping[str, str]
    lead_title: str

    @property
    def kept(self) -> ColumnElement[bool]:
        """The condition on `Case`: restricted ones are kept only for those who may open them."""
        since = self.now - timedelta(days=round(YEARS_KEPT * 365.25))
        mine = or_(~Case.restricted, visible_cases(self.asked.asker))
        return and_(or_(Case.is_open, Case.closed_at >= since), mine)

    def shows(self, person_id: Any) -> ColumnElement[bool]:
        """Whether the asker may have this person: so that every key joins, in every table alike."""
        asker = self.asked.asker
        if "system" in asker.roles:
            return true()
        shown: ColumnElement[bool] = person_id.not_in(select(Person.id).where(hidden_people(asker)))
        return shown

    def people(self) -> Select[Any]:
        """Ids of everybody on a case that is kept, and of the families they belong to."""
        on_cases = (
            select(CasePerson.person_id).join(Case, Case.id == CasePerson.case_id).where(self.kept)
        ).cte()
        families = select(FamilyMember.family_id).where(
            FamilyMember.person_id.in_(select(on_cases.c.person_id))
        )
        relatives = select(FamilyMember.person_id).where(FamilyMember.family_id.in_(families))
        everybody = union(select(on_cases.c.person_id), relatives).subquery()
        return select(Person.id).where(
            Person.id.in_(select(everybody.c.person_id)),
            Person.merged_into_id.is_(None),
            self.shows(Person.id),
        )


def whole_until(
    connection: Connection,
    *,
    now: datetime,
    needs: Mapping[str, str],
    lead_title: str,
    asker: Asker = SYSTEM,
) -> Whole:
    """All that this asker may have of it."""
    asked = asked_for(connection, on=england().date_of(now), asker=asker, now=now)
    return Whole(now, Asked(asked.on, FIRST_DAY, asker, asked.scene), needs, lead_title)


@dataclass(frozen=True)
class Field:
    """One field. `type` is the published one; `key` is PK, or the field that it refers to; `cell` without a value
    here is None, for what is not recorded."""

    name: str
    type: str
    meaning: str
    cell: Callable[[Any], Any] | None = None
    key: str = ""


class Table(NamedTuple):
    """One table: what its rows are, and where they come from."""

    name: str
    about: str
    rows: Callable[[Connection, Whole], Iterator[Any]]
    fields: Sequence[Field]


def streamed(connection: Connection, statement: Any) -> Iterator[Any]:
    yield from connection.execute(statement, execution_options={"yield_per": AT_ONCE})


def written(field: Field, row: Any) -> str:
    """The cell as text: days as datetimes in ISO 8601, text cut to what its type holds, nothing for what is unknown."""
    value = field.cell(row) if field.cell is not None else None
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = england().date_of(value)
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    text, longest = str(value), longest_of(field.type)
    return text if longest is None else text[:longest]


def longest_of(type_: str) -> int | None:
    """How many letters a type holds; None for any number, and for types that are no text."""
    inside = type_.partition("(")[2].rstrip(")")
    return int(inside) if inside.isdigit() else None


def flags(keys: Sequence[str], *raised: str) -> str:
    """A JSON object with every key always there: Y for those raised, nothing for the others."""
    return json.dumps({key: "Y" if key in raised else "" for key in keys})


def worker_id(number: int | None) -> str | None:
    return None if number is None else f"W{number}"


def team_id(number: int | None) -> str | None:
    return None if number is None else f"T{number}"
