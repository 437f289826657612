"""The front door's queue: what waits for a decision, narrowed down as a screener asks, with counts that agree."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    DateTime,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)

from earlyhelp.insight.worklists import REPEAT_WINDOW, OfEach, Place, Worklist, page_with_above
from earlyhelp.near import near_at_the_door
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import AT_THE_FRONT_DOOR, Case, CasePerson, Contact
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.records.names import search_name
from earlyhelp.records.people import Person as PersonRow
from earlyhelp.records.sql_functions import sql_function

INFANT = timedelta(days=365)
AT_RISK_NOW = "red"
RESTRICTED = "restricted"
FLAGS = ("repeat", "infant", "open_case", RESTRICTED)
MOST = 500
"""Of contacts that have to be looked at one by one, more are not counted."""
WHOSE = ("mine", "nobodys", "others")


_AT_RISK: BindParameter[str] = bindparam("at_risk", AT_RISK_NOW, literal_execute=True)


class Wanted(NamedTuple):
    """What a screener asks the queue for. None asks for any."""

    state_kind: str | None = None
    urgency: str | None = None
    source: str | None = None
    flag: str | None = None
    whose: str | None = None
    search: str | None = None

    @property
    def looks_further(self) -> bool:
        """Whether it asks for what only the names of a contact's children say, or their other cases."""
        return bool(self.search) or self.flag in {"repeat", "open_case"}


EVERYTHING = Wanted()


def queue(
    connection: Connection,
    *,
    person: Person,
    now: datetime,
    today: date,
    wanted: Wanted = EVERYTHING,
    after: Place | None = None,
    after_at_risk: Place | None = None,
) -> Worklist:
    """Contacts waiting for a decision: where a child may be at risk now first, then the nearest deadline.

    It goes on after a contact of the first kind, or of the others.
    """
    where, asked = _conditions(person, wanted, now, today), _asked_of_each(wanted)
    at_risk = Case.urgency == _AT_RISK
    return page_with_above(
        connection, person, where, at_risk, of_each=asked, after=after, after_above=after_at_risk
    )


def count(
    connection: Connection, *, person: Person, now: datetime, today: date, wanted: Wanted = EVERYTHING
) -> int:
    """How many the whole list of these is long. Where each has to be looked at, at most MOST and one more."""
    waiting = select(Case).outerjoin(Contact, Contact.case_id == Case.id)
    waiting = waiting.where(visible_cases(person), *_conditions(person, wanted, now, today))
    if not wanted.looks_further:
        return int(connection.scalar(waiting.with_only_columns(func.count())) or 0)
    those = (
        waiting.where(*(of(Case) for of in _asked_of_each(wanted)))
        .with_only_columns(Case.id)
        .limit(MOST + 1)
        .subquery()
    )
    return int(connection.scalar(select(func.count()).select_from(those)) or 0)


def _conditions(person: Person, wanted: Wanted, now: datetime, today: date) -> list[ColumnElement[bool]]:
    """What the contact itself says."""
    # The kinds stand in the statement itself: only so does either database see that its partial index holds them all.
    kinds: BindParameter[Any] = bindparam("kinds", AT_THE_FRONT_DOOR, expanding=True, literal_execute=True)
    where: list[ColumnElement[bool]] = [Case.state_kind.in_(kinds), near_at_the_door(person)]
    where += [Case.state_kind == wanted.state_kind] if wanted.state_kind else []
    where += [Case.urgency == wanted.urgency] if wanted.urgency else []
    where += [Contact.source == wanted.source] if wanted.source else []
    where += [Case.restricted.is_(True)] if wanted.flag == RESTRICTED else []
    where += [Case.youngest_born_on > today - INFANT] if wanted.flag == "infant" else []
    where += [_held(wanted.whose, person, now)] if wanted.whose else []
    return where


def _asked_of_each(wanted: Wanted) -> list[OfEach]:
    asked: list[OfEach] = []
    if wanted.flag in {"repeat", "open_case"}:
        asked.append(partial(_known, wanted.flag))
    if wanted.search:
        asked.append(partial(_found, wanted.search))
    return asked


def _known(flag: str, case: Any) -> ColumnElement[bool]:
    other, theirs, mine = (
        Case.__table__.alias("other"),
        CasePerson.__table__.alias("theirs"),
        CasePerson.__table__.alias("mine"),
    )
    known = (
        other.c.is_open
        if flag == "open_case"
        else and_(other.c.opened_at < case.opened_at, other.c.opened_at >= _year_before(case.opened_at))
    )
    return exists().where(
        mine.c.case_id == case.id,
        theirs.c.person_id == mine.c.person_id,
        theirs.c.case_id != mine.c.case_id,
        other.c.id == theirs.c.case_id,
        ~other.c.restricted,
        known,
    )


def _held(whose: str, person: Person, now: datetime) -> ColumnElement[bool]:
    held = and_(Case.claimed_by_id.is_not(None), Case.claimed_until > now)
    if whose == "mine":
        return and_(held, Case.claimed_by_id == person.id)
    if whose == "others":
        return and_(held, Case.claimed_by_id != person.id)
    return or_(Case.claimed_by_id.is_(None), Case.claimed_until.is_(None), Case.claimed_until <= now)


def _found(search: str, case: Any) -> ColumnElement[bool]:
    """Cases of that reference, or with a child whose name has what was typed in it, however it is spelled."""
    named = _child_who(case, PersonRow.search_name.contains(search_name(search[:100], ""), autoescape=True))
    return or_(case.reference == (parse_reference(search[:40]) or search[:12].upper()), named)


def _child_who(case: Any, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    # A case's children are its people who are no adults. Said of the person alone, an index names them.
    return exists().where(
        CasePerson.case_id == case.id, PersonRow.id == CasePerson.person_id, ~PersonRow.adult, condition
    )


_year_before = sql_function(
    "year_before",
    DateTime(timezone=True),
    postgresql=f"({{0}} - interval '{REPEAT_WINDOW.days} days')",
    sqlite=f"strftime('%Y-%m-%d %H:%M:%f', {{0}}, '-{REPEAT_WINDOW.days} days')",
)
"""Twelve months before a moment: the window in which a contact counts as repeated."""
