"""Whether the children of one event had another: merged records count as the child they were merged into."""

from typing import Any

from sqlalchemy import (
    CTE,
    Select,
    and_,
    case as when,
    exists,
    func,
    literal,
    literal_column,
    select,
    union_all,
)

from earlyhelp.insight.measures.merges import names_then
from earlyhelp.insight.measures.numbers import as_number
from earlyhelp.insight.measures.portable import months_later
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.records.cases import CasePerson
from earlyhelp.records.people import Person


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
    on_cases = select(CasePerson.case_id, child.label("child_id")).where(
        CasePerson.is_child, *scene.known.of(CasePerson.case_id)
    )
    beside = [
        select(CasePerson.case_id, literal(merge.then).label("child_id")).where(
            CasePerson.person_id == merge.now, CasePerson.case_id.in_(merge.beside)
        )
        for merge in scene.merges
        if merge.beside
    ]
    return (union_all(on_cases, *beside) if beside else on_cases).cte()


def had_before(scene: Scene, later: CTE, earlier: CTE, *, months: int) -> CTE:
    """For each of the later events (`case_id`, `sequence`): `again` is 1 where a child had one of the earlier ones in
    so many months before it.

    Not the event itself. Of two at the same moment, the one recorded with the lower case id came first. One walk
    along each child's events: comparing each with each would take for ever.
    """
    children = children_of_cases(scene)
    walked = union_all(_told(later, children, 0), _told(earlier, children, 1)).cte()
    along: Any = {
        "partition_by": walked.c.child_id,
        "order_by": (walked.c.occurred_at, walked.c.case_id, walked.c.sequence, walked.c.is_earlier),
        "rows": (None, -1),
    }
    latest = func.max(when((walked.c.is_earlier == 1, walked.c.occurred_on))).over(**along)
    with_latest = select(walked, latest.label("latest_on")).cte()
    first_day = months_later(with_latest.c.occurred_on, literal_column(str(-months)))
    again = when((with_latest.c.latest_on >= first_day, 1), else_=0)
    return (
        select(with_latest.c.case_id, with_latest.c.sequence, func.max(again).label("again"))
        .where(with_latest.c.is_earlier == 0)
        .group_by(with_latest.c.case_id, with_latest.c.sequence)
        .cte()
    )


def with_again(later: CTE, again: CTE) -> Select[Any]:
    """The later events with their day and `again`; 0 for a case without a child."""
    same = and_(again.c.case_id == later.c.case_id, again.c.sequence == later.c.sequence)
    columns: tuple[Any, ...] = (
        later,
        later.c.occurred_on.label("day"),
        func.coalesce(again.c.again, 0).label("again"),
    )
    return select(*columns).select_from(later.outerjoin(again, same))


def _told(rows: CTE, children: CTE, is_earlier: int) -> Any:
    return select(
        rows.c.case_id,
        rows.c.sequence,
        rows.c.occurred_at,
        rows.c.occurred_on,
        children.c.child_id,
        literal(is_earlier).label("is_earlier"),
    ).join(children, children.c.case_id == rows.c.case_id)


def first_after(scene: Scene, endings: CTE, later: CTE) -> CTE:
    """For each ending (`case_id`, `sequence`): `back_on`, the day of the first of the later events of any child of it.

    Not what happened at the very moment of the ending: that is ordered before it. One walk, as above.
    """
    children = children_of_cases(scene)
    walked = union_all(_told(endings, children, 1), _told(later, children, 0)).cte()
    along: Any = {
        "partition_by": walked.c.child_id,
        "order_by": (walked.c.occurred_at, walked.c.is_earlier, walked.c.case_id, walked.c.sequence),
        "rows": (1, None),
    }
    following = func.min(when((walked.c.is_earlier == 0, walked.c.occurred_on))).over(**along)
    with_following = select(walked, following.label("following_on")).cte()
    return (
        select(
            with_following.c.case_id,
            with_following.c.sequence,
            func.min(with_following.c.following_on).label("back_on"),
        )
        .where(with_following.c.is_earlier == 1)
        .group_by(with_following.c.case_id, with_following.c.sequence)
        .cte()
    )


def children_with_disabilities(rows: Any) -> Any:
    """1 where a child of the case has a disability, otherwise 0."""
    return as_number(
        exists(
            select(literal_column("1"))
            .select_from(CasePerson)
            .join(Person, Person.id == CasePerson.person_id)
            .where(CasePerson.case_id == rows.c.case_id, CasePerson.is_child, Person.disabled.is_(True))
        )
    )
