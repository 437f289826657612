"""What is near a person: what holds of every case that they may see, so that a list walks an index to those alone.

Never enough by itself: `visible_cases` decides. Without it a list of a team's few would read the whole council.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true, union_all
from sqlalchemy.orm import aliased

from earlyhelp.pathway.vocabulary import STATE_KINDS
from earlyhelp.permissions import FRONT_DOOR_KINDS, THE_DOORS, Person, kept_from, sees_all
from earlyhelp.records.among import among_few
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import Alert, ClockRow

# Tables of their own, beside those of the query around. Made once: making one anew took longer than asking it.
_OTHERS: Mapping[Any, Any] = {table: aliased(table) for table in (ClockRow, Alert)}
_NEAR, _NOBODYS = aliased(Case), aliased(Case)


def carried_theirs(person: Person, table: Any) -> ColumnElement[bool]:
    """Running clocks and unresolved alerts (`table`) whose cases they see whatever else holds, by what these carry."""
    theirs: list[ColumnElement[bool]] = []
    if "manager" in person.roles and person.team_id is not None:
        theirs.append(table.team_id == person.team_id)
    if "lead_professional" in person.roles and person.id is not None:
        theirs.append(table.lead_professional_id == person.id)
    return or_(*theirs) if theirs else false()


def carried_near(person: Person, table: Any) -> ColumnElement[bool]:
    """What holds for every running clock and unresolved alert (`table`) of cases they may see, by what it carries.

    Never enough by itself: `visible_cases` decides. Beside it, it lets lists read those alone instead of all: each
    way of being near is an index walk of its own, which one condition with OR would not be.
    """
    if sees_afar(person):
        return true()
    its = _OTHERS[table]
    current = its.status == "running" if table is ClockRow else its.status != "resolved"
    near = [carried_theirs(person, its)]
    near += (
        [and_(its.team_id.is_(None), among_few(its.case_id, _nobodys()))] if "manager" in person.roles else []
    )
    near += [among_few(its.case_id, _step_ups())] if _takes_step_ups(person) else []
    near += [its.case_id.in_(sorted(person.given))] if person.given else []
    return among_few(table.id, union_all(*(select(its.id).where(current, way) for way in near)))


def carried_seen(person: Person, table: Any) -> ColumnElement[bool] | None:
    """Whether they see the case of a running clock or an unresolved alert (`table`), by what it carries and few cases.

    None where that does not tell, as it does for those who see every case or the front door's: to join the case of each
    would read every case that has a clock.
    """
    if "system" in person.roles:
        return true()
    if not sees_all(person):
        if "partner" in person.roles or not _is_at_the_door(person):
            return None
        door = select(_NEAR.id).where(_NEAR.is_open, _NEAR.state_kind.in_(sorted(FRONT_DOOR_KINDS)))
        seen = [table.team_id.is_(None), carried_theirs(person, table), table.case_id.in_(door)]
        seen += [table.case_id.in_(sorted(person.given))] if person.given else []
        return and_(or_(*seen), table.case_id.not_in(kept_from(person)))
    return cast(ColumnElement[bool], table.case_id.not_in(kept_from(person)))


def near_open(person: Person) -> ColumnElement[bool]:
    """The same for open cases: what holds for every one that they may see, so that a list reads those alone."""
    return true() if sees_afar(person) else _near(person, _NEAR.is_open.expression)


def near_at_the_door(person: Person) -> ColumnElement[bool]:
    """The same for what waits at the front door, where nobody sees a case for being nobody's or a step up."""
    if sees_afar(person):
        return true()
    return among_few(Case.id, union_all(_theirs(person, _NEAR.is_open.expression), *_given(person)))


def near_live(person: Person, since: datetime) -> ColumnElement[bool]:
    """The same for cases that are open or began since then."""
    live = or_(_NEAR.is_open, _NEAR.opened_at >= since)
    return true() if sees_afar(person) else _near(person, live)


def near_ever(person: Person, case_id: Any, *, since: datetime | None = None) -> ColumnElement[bool]:
    """The same for what names a case in any state by its id. They may be many: the database chooses how.

    Of those that came to their state since a moment the others need not be looked up: an index of a team's says when.
    """
    if sees_afar(person):
        return true()
    recent = true() if since is None else _NEAR.state_entered_at >= since
    return cast(ColumnElement[bool], case_id.in_(union_all(_theirs(person, recent), *_elsewhere(person))))


def _near(person: Person, current: ColumnElement[bool]) -> ColumnElement[bool]:
    return among_few(Case.id, union_all(_theirs(person, current), *_elsewhere(person)))


def _theirs(person: Person, current: ColumnElement[bool]) -> Select[Any]:
    return select(_NEAR.id).where(current, carried_theirs(person, _NEAR))


def _elsewhere(person: Person) -> list[Select[Any]]:
    """Cases that they may see though neither their team nor they have them: few of each."""
    few = [_nobodys()] if "manager" in person.roles else []
    few += [_step_ups()] if _takes_step_ups(person) else []
    return few + _given(person)


def _given(person: Person) -> list[Select[Any]]:
    return [select(_NEAR.id).where(_NEAR.id.in_(sorted(person.given)))] if person.given else []


def sees_afar(person: Person) -> bool:
    """Whether they see cases of any team, be it only in some states."""
    return sees_all(person) or _is_at_the_door(person) or "partner" in person.roles


def _is_at_the_door(person: Person) -> bool:
    return "manager" in person.roles and person.team_kind == "front_door"


def _nobodys() -> Select[Any]:
    """Open cases that wait for a team, past the doors: few, while the front door's clocks and alerts may be many."""
    case = _NOBODYS
    # Named one by one: an index by kind and team holds nothing else.
    kinds = sorted(set(STATE_KINDS) - THE_DOORS)
    return select(case.id).where(
        case.is_open, case.team_id.is_(None), case.state_kind.in_(kinds), ~case.restricted
    )


def _takes_step_ups(person: Person) -> bool:
    return "manager" in person.roles and person.team_kind == "social_care"


def _step_ups() -> Select[Any]:
    """Cases that wait for social care to accept them: few of all that are open."""
    return select(_NOBODYS.id).where(_NOBODYS.is_open, _NOBODYS.state_kind == "step_up", ~_NOBODYS.restricted)
