"""What guards ask about many cases at once: a list says of each row what may be done, without a query per row.

`casework.reading.facts_for_guards` asks the same about one case; a test holds the two equal.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from earlyhelp.pathway.definition import Action
from earlyhelp.pathway.vocabulary import BELOW_THRESHOLD
from earlyhelp.records.cases import Case, CasePerson, Event

Found = dict[int, dict[str, Any]]


def guard_facts_of_many(
    connection: Connection,
    *,
    case_ids: Sequence[int],
    children: dict[int, list[Any]],
    actions: Iterable[Action],
) -> Found:
    """By case id, the facts that the guards of these actions ask for: at most two queries for all cases."""
    asked = {guard.name for action in actions for guard in action.guards}
    found: Found = {case_id: {} for case_id in case_ids}
    if "manager_confirms_repeat" in asked:
        for case_id, moments in _below_threshold(connection, case_ids).items():
            found[case_id]["earlier_below_threshold"] = tuple(sorted(moments))
    if "no_open_case_for_children" in asked:
        for case_id, references in _open_cases(connection, case_ids).items():
            found[case_id]["open_cases_of_children"] = tuple(sorted(references))
    if "every_child_has_birth_date" in asked:
        for case_id in case_ids:
            found[case_id]["children_without_birth_date"] = sum(
                child.date_of_birth is None and child.expected_birth_on is None
                for child in children.get(case_id, [])
            )
    return found


def _below_threshold(connection: Connection, case_ids: Collection[int]) -> dict[int, list[datetime]]:
    own, other = CasePerson.__table__.alias("own"), CasePerson.__table__.alias("other")
    statement = (
        select(own.c.case_id, Event.id, Event.occurred_at)
        .join(other, (other.c.person_id == own.c.person_id) & (other.c.case_id != own.c.case_id))
        .join(Event, Event.case_id == other.c.case_id)
        .where(own.c.case_id.in_(case_ids), own.c.is_child, Event.kind.in_(sorted(BELOW_THRESHOLD)))
        .distinct()
    )
    return _by_case(connection, statement)


def _open_cases(connection: Connection, case_ids: Collection[int]) -> dict[int, list[str]]:
    own, other = CasePerson.__table__.alias("own"), CasePerson.__table__.alias("other")
    statement = (
        select(own.c.case_id, Case.id, Case.reference)
        .join(other, (other.c.person_id == own.c.person_id) & (other.c.case_id != own.c.case_id))
        .join(Case, Case.id == other.c.case_id)
        .where(own.c.case_id.in_(case_ids), own.c.is_child, Case.is_open, ~Case.restricted)
        .distinct()
    )
    return _by_case(connection, statement)


def _by_case(connection: Connection, statement: Select[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for case_id, _, value in connection.execute(statement):
        found.setdefault(case_id, []).append(value)
    return found
