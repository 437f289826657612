"""Whether the children of one event had another: merged records count as the child they were merged into."""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    and_,
    case as when,
    exists,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from earlyhelp.insight.measures.known import events
from earlyhelp.insight.measures.merges import names_then
from earlyhelp.insight.measures.portable import months_later
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.records.cases import CasePerson

SLIM = ("case_id", "sequence")


def children_of_cases(scene: Scene) -> CTE:
    """Each child of each case, as who they were known to be. Merging moves rows: nobody is followed here."""
    then: dict[tuple[int, int], list[int]] = {}
    for (case, now), name in names_then(scene.merges).items():
        then.setdefault((now, name), []).append(case)
    whens = [
        (and_(CasePerson.person_id == now, CasePerson.case_id.in_(cases)), name)
        for (now, name), cases in then.items()
    ]
    child = when(*whens, else_=CasePerson.person_id) if whens else CasePerson.person_id
    on_cases = select(CasePerson.case_id, child.label("child_id")).where(CasePerson.is_child)
    beside = [
        select(CasePerson.case_id, literal(merge.then).label("child_id")).where(
            CasePerson.person_id == merge.now, CasePerson.case_id.in_(merge.beside)
        )
        for merge in scene.merges
        if merge.beside
    ]
    return (union_all(on_cases, *beside) if beside else on_cases).cte()


def had_before(scene: Scene, later: CTE, earlier: CTE, *, months: int) -> Any:
    """1 where a child of an event had one of the earlier ones in so many months before it.

    Not the event itself. Of two at the same moment, the one recorded with the lower case id came first.
    """
    before = or_(
        earlier.c.occurred_at < later.c.occurred_at,
        and_(earlier.c.occurred_at == later.c.occurred_at, _comes_first(earlier, later)),
    )
    first_day = months_later(later.c.occurred_on, literal_column(str(-months)))
    return when(
        (_of_same_child(scene, later, earlier, before, earlier.c.occurred_on >= first_day), 1), else_=0
    )


def had_after(
    scene: Scene, earlier_case: Any, ended_at: Any, until_day: Any, *conditions: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether a child of a case had an event that meets the conditions after it ended, up to a day."""
    later = events(scene.known, *conditions, kept=SLIM)
    one = children_of_cases(scene)
    other = one.alias()
    return exists(
        select(literal_column("1"))
        .select_from(one)
        .join(other, other.c.child_id == one.c.child_id)
        .join(later, later.c.case_id == other.c.case_id)
        .where(
            one.c.case_id == earlier_case, later.c.occurred_at > ended_at, later.c.occurred_on <= until_day
        )
    )


def _of_same_child(scene: Scene, this: CTE, other: CTE, *conditions: Any) -> ColumnElement[bool]:
    mine = children_of_cases(scene)
    theirs = mine.alias()
    return exists(
        select(literal_column("1"))
        .select_from(mine)
        .join(theirs, theirs.c.child_id == mine.c.child_id)
        .join(other, other.c.case_id == theirs.c.case_id)
        .where(mine.c.case_id == this.c.case_id, *conditions)
    )


def _comes_first(earlier: CTE, later: CTE) -> ColumnElement[bool]:
    return or_(
        earlier.c.case_id < later.c.case_id,
        and_(earlier.c.case_id == later.c.case_id, earlier.c.sequence < later.c.sequence),
    )
