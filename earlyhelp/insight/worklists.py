"""Lists of cases that people work from: the front door's queue, my families, those waiting for a manager.

Each page of a list is one index walk by nearest due moment and two look-ups for its rows, whatever the table's size.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, or_, select, true
from sqlalchemy.orm import aliased

from earlyhelp.near import near_open
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.among import among_few
from earlyhelp.records.cases import Case, CasePerson, Contact
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.organisation import Team, User
from earlyhelp.records.people import Person as PersonRow

PAGE = 25
REPEAT_WINDOW = timedelta(days=365)
NEVER = datetime(9999, 1, 1).astimezone()
OfEach = Callable[[Any], ColumnElement[bool]]
"""A condition on `Case`, or on an alias of it, that takes reading other tables for each."""
Place = tuple[datetime, int]
"""Where a list goes on: after the case of that due moment and id."""


class Child(NamedTuple):
    """A child as a list names them."""

    public_id: str
    name: str
    date_of_birth: date | None
    expected_birth_on: date | None


@dataclass(frozen=True)
class WorkItem:
    """One case of a worklist."""

    case_id: int
    reference: str
    pathway_id: int
    state: str
    state_kind: str
    version: int
    level_of_need: str | None
    urgency: str | None
    source: str | None
    opened_at: datetime
    state_entered_at: datetime
    next_due_at: datetime | None
    team: str | None
    lead_professional: str | None
    claimed_by: str | None
    claimed_until: datetime | None
    restricted: bool = False
    claimed_by_id: int | None = None
    children: Sequence[Child] = field(default=())
    earlier_contacts: int = 0
    other_open_cases: int = 0
    clocks: Sequence[Row[Any]] = field(default=())


class Worklist(NamedTuple):
    """One page of items and where the next one begins."""

    items: Sequence[WorkItem]
    following: Place | None
    ends_above: bool = False
    """Whether the last is one of those that stand above all others (`page_with_above`)."""


_MINE, _THEIRS = CasePerson.__table__.alias("mine"), CasePerson.__table__.alias("theirs")
_THIS, _OTHER = Case.__table__.alias("this"), Case.__table__.alias("other")
_OTHER_CASES = (
    select(
        _MINE.c.case_id, _OTHER.c.id, _OTHER.c.is_open, _OTHER.c.opened_at, _THIS.c.opened_at.label("since")
    )
    .join(_THEIRS, and_(_THEIRS.c.person_id == _MINE.c.person_id, _THEIRS.c.case_id != _MINE.c.case_id))
    .join(_OTHER, _OTHER.c.id == _THEIRS.c.case_id)
    .join(_THIS, _THIS.c.id == _MINE.c.case_id)
    .where(_MINE.c.case_id.in_(bindparam("ids", expanding=True)), ~_OTHER.c.restricted)
    .distinct()
)
"""Other cases of the children of some cases. Made once: making its tables anew took longer than asking it."""
_LEAD = User.__table__.alias("lead")
_CLAIMANT = User.__table__.alias("claimant")
_ITEM = (
    select(
        Case.id,
        Case.reference,
        Case.pathway_id,
        Case.state,
        Case.state_kind,
        Case.version,
        Case.level_of_need,
        Case.urgency,
        Contact.source,
        Case.opened_at,
        Case.state_entered_at,
        Case.next_due_at,
        Team.name.label("team"),
        _LEAD.c.name.label("lead_professional"),
        _CLAIMANT.c.name.label("claimed_by"),
        Case.claimed_until,
        Case.restricted,
        Case.claimed_by_id,
    )
    .outerjoin(Contact, Contact.case_id == Case.id)
    .outerjoin(Team, Team.id == Case.team_id)
    .outerjoin(_LEAD, _LEAD.c.id == Case.lead_professional_id)
    .outerjoin(_CLAIMANT, _CLAIMANT.c.id == Case.claimed_by_id)
)

_OF_A_CHILD: Any = (
    PersonRow.public_id,
    PersonRow.given_name,
    PersonRow.family_name,
    PersonRow.date_of_birth,
    PersonRow.expected_birth_on,
)
_OF_A_CLOCK: Any = (
    *(ClockRow.case_id, ClockRow.name, ClockRow.about, ClockRow.kind),
    *(ClockRow.status, ClockRow.due_at, ClockRow.pauses),
)


def my_cases(connection: Connection, *, person: Person, after: Place | None = None) -> Worklist:
    """The families this person leads, what is due next first."""
    return page_of(
        connection, person, [Case.is_open.expression, Case.lead_professional_id == person.id], after
    )


def given_cases(connection: Connection, *, person: Person) -> Worklist:
    """Open families of others that this person was given access to for a time."""
    if not person.given:
        return Worklist((), None)
    where = [Case.is_open.expression, Case.id.in_(sorted(person.given)), ~_leads_it(person)]
    return page_of(connection, person, where, None)


def _leads_it(person: Person) -> ColumnElement[bool]:
    return and_(Case.lead_professional_id.is_not(None), Case.lead_professional_id == person.id)


def waiting_for(connection: Connection, *, person: Person, kind: str, after: Place | None = None) -> Worklist:
    """Open cases in states of one kind: to allocate, to authorise, to accept as stepped up."""
    where = [Case.is_open.expression, Case.state_kind == kind, near_open(person)]
    return page_of(connection, person, where, after)


def listed(
    connection: Connection,
    *,
    person: Person,
    where: Sequence[ColumnElement[bool]],
    after: Place | None = None,
    page: int = PAGE,
    alike: Sequence[Any] = (),
    led_by: Select[int] | None = None,
    of_each: Sequence[OfEach] = (),
) -> Worklist:
    """The cases behind a figure: those that meet its conditions and that this person may see.

    `alike` are columns in which the conditions leave nothing to order by, though PostgreSQL does not see it of IS NULL:
    an index that begins with them is walked if the order does. `led_by` are workers of whom one leads each of these
    cases, which are open: they are found from there, however many of others are due before. `of_each` is asked of one
    after another, in order, until a page is full.
    """
    return page_of(connection, person, where, after, page, alike, led_by, of_each)


def page_of(
    connection: Connection,
    person: Person,
    where: Sequence[ColumnElement[bool]],
    after: Place | None,
    page: int = PAGE,
    alike: Sequence[Any] = (),
    led_by: Select[int] | None = None,
    of_each: Sequence[OfEach] = (),
) -> Worklist:
    """By nearest due moment; what has no clock comes last. Cases without one sort after every moment."""
    rows = _ordered(connection, person, where, after, page + 1, of_each, alike, led_by)
    return _cut(connection, rows, page)


def page_with_above(
    connection: Connection,
    person: Person,
    where: Sequence[ColumnElement[bool]],
    above: ColumnElement[bool],
    *,
    of_each: Sequence[OfEach] = (),
    after: Place | None = None,
    after_above: Place | None = None,
    page: int = PAGE,
) -> Worklist:
    """The same with those of `above` before all others, whatever is due before them; `after_above` is among them."""
    first = [] if after else _ordered(connection, person, [*where, above], after_above, page + 1, of_each)
    others = [*where, above.is_not(true())]
    missing = page + 1 - len(first)
    rest = _ordered(connection, person, others, after, missing, of_each) if missing else []
    return _cut(connection, [*first, *rest], page)._replace(ends_above=len(first) >= page)


def _ordered(
    connection: Connection,
    person: Person,
    where: Sequence[ColumnElement[bool]],
    after: Place | None,
    most: int,
    of_each: Sequence[OfEach] = (),
    alike: Sequence[Any] = (),
    led_by: Select[int] | None = None,
) -> list[Row[Any]]:
    with_clock = [*where, visible_cases(person), Case.next_due_at.is_not(None)]
    without = [*where, visible_cases(person), Case.next_due_at.is_(None)]
    rows: list[Row[Any]] = []
    if after is None or after[0] < NEVER:
        later = [_later(after)] if after else []
        rows = _items(connection, _led([*with_clock, *later], most, led_by), most, of_each, alike)
    if len(rows) < most:
        beyond = [Case.id > after[1]] if after and after[0] >= NEVER else []
        missing = most - len(rows)
        rows += _items(connection, _led([*without, *beyond], missing, led_by), missing, of_each, alike)
    return rows


def _led(
    where: Sequence[ColumnElement[bool]], most: int, by: Select[int] | None
) -> Sequence[ColumnElement[bool]]:
    """With the few workers who lead the first of these cases: those whose own first case comes before that of others.

    Each of so many has a case that comes before all of the rest, so the page is full before one of theirs.
    """
    if by is None:
        return where
    worker, first = by.subquery(), aliased(Case)
    theirs = select(Case.id).where(*where, Case.lead_professional_id == worker.c.id)
    one = theirs.order_by(Case.next_due_at, Case.id).limit(1).correlate(worker).scalar_subquery()
    each = select(worker.c.id, one.label("first")).subquery()
    nearest = select(each.c.id).join(first, first.id == each.c.first)
    few = nearest.order_by(first.next_due_at, first.id).limit(most)
    return [*where, among_few(Case.lead_professional_id, few)]


def _items(
    connection: Connection,
    where: Sequence[ColumnElement[bool]],
    most: int,
    of_each: Sequence[OfEach],
    alike: Sequence[Any],
) -> list[Row[Any]]:
    """The first of these cases. What is shown of them is read of those alone, however many there are to choose from."""
    case: Any = _in_order(where) if of_each else Case
    chosen = select(case.id, case.next_due_at)
    if not of_each:
        chosen = chosen.outerjoin(Contact, Contact.case_id == Case.id).where(*where)
    first = chosen.where(*(of(case) for of in of_each)).order_by(*alike, case.next_due_at, case.id)
    page = first.limit(most).subquery()
    shown = _ITEM.join(page, page.c.id == Case.id).order_by(page.c.next_due_at, page.c.id)
    return list(connection.execute(shown))


def _in_order(where: Sequence[ColumnElement[bool]]) -> Any:
    """These cases as the list has them, to be looked at one after another until a page is full.

    OFFSET says so: PostgreSQL expects few that wait, and would look at them all and sort what it found.
    """
    cases = select(Case).outerjoin(Contact, Contact.case_id == Case.id).where(*where)
    return aliased(Case, cases.order_by(Case.next_due_at, Case.id).offset(0).subquery())


def _cut(connection: Connection, rows: Sequence[Row[Any]], page: int) -> Worklist:
    """A page of rows of which there may be one more."""
    shown = rows[:page]
    following = (shown[-1].next_due_at or NEVER, shown[-1].id) if len(rows) > page else None
    return Worklist(_completed(connection, shown), following)


def _later(after: Place) -> ColumnElement[bool]:
    moment, case_id = after
    # The moment is compared alone too: an index is walked from there, and not from its beginning.
    return and_(Case.next_due_at >= moment, or_(Case.next_due_at > moment, Case.id > case_id))


def _completed(connection: Connection, rows: Sequence[Row[Any]]) -> list[WorkItem]:
    """The rows with their children, clocks and what is known of the same children elsewhere: three look-ups."""
    ids = [row.id for row in rows]
    if not ids:
        return []
    children, clocks, elsewhere = (
        _children(connection, ids),
        _clocks(connection, ids),
        _elsewhere(connection, ids),
    )
    return [
        WorkItem(
            case_id=row.id,
            **{name: value for name, value in row._mapping.items() if name != "id"},
            children=children.get(row.id, ()),
            clocks=clocks.get(row.id, ()),
            earlier_contacts=elsewhere.get(row.id, (0, 0))[0],
            other_open_cases=elsewhere.get(row.id, (0, 0))[1],
        )
        for row in rows
    ]


def _children(connection: Connection, ids: Sequence[int]) -> dict[int, list[Child]]:
    found: dict[int, list[Child]] = {}
    statement = (
        select(CasePerson.case_id, *_OF_A_CHILD)
        .join(PersonRow, PersonRow.id == CasePerson.person_id)
        .where(CasePerson.case_id.in_(ids), CasePerson.is_child)
        .order_by(CasePerson.case_id, CasePerson.position)
    )
    for row in connection.execute(statement):
        name = f"{row.given_name} {row.family_name}".strip()
        child = Child(row.public_id, name, row.date_of_birth, row.expected_birth_on)
        found.setdefault(row.case_id, []).append(child)
    return found


def _clocks(connection: Connection, ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    statement = (
        select(*_OF_A_CLOCK)
        .where(ClockRow.case_id.in_(ids), ClockRow.status.in_(("running", "paused")))
        .order_by(ClockRow.case_id, ClockRow.due_at)
    )
    for row in connection.execute(statement):
        found.setdefault(row.case_id, []).append(row)
    return found


def _elsewhere(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """For each case: contacts about the same children in the 12 months before it, and their other open cases."""
    counted: dict[int, tuple[int, int]] = {}
    for row in connection.execute(_OTHER_CASES, {"ids": ids}):
        earlier, still_open = counted.get(row.case_id, (0, 0))
        recent = row.since - REPEAT_WINDOW <= row.opened_at < row.since
        counted[row.case_id] = (earlier + recent, still_open + row.is_open)
    return counted
