"""Cases ready to be answered with: each in a fixed number of queries, a whole page of them too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from earlyhelp.casework.perform import actor_on, engine_for
from earlyhelp.casework.reading import CaseRow, facts_for_guards, facts_of
from earlyhelp.insight import cases as insight
from earlyhelp.insight.guard_facts import guard_facts_of_many
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import Person
from earlyhelp.web.api.answers import CaseAnswer
from earlyhelp.web.api.shapes import case_shape

OPEN = frozenset({"running", "paused"})


def case_body(connection: Connection, case: CaseRow, *, person: Person, now: datetime) -> CaseAnswer:
    """The case as the interface writes it, with what this person may do now."""
    engine = engine_for(connection, case)
    clocks = insight.clocks_of(connection, case_id=case.id)
    here = engine.pathway.actions_from(case.state)
    facts = facts_for_guards(connection, case_id=case.id, actions=here)
    return case_shape(
        case,
        owners=insight.owners_of(connection, case_id=case.id),
        children=insight.children_of(connection, case_id=case.id),
        elsewhere=_elsewhere(connection, [case.id], person),
        clocks=clocks,
        actions=_possible(engine, case, clocks, facts, person, now),
        now=now,
    )


def case_bodies(
    connection: Connection, cases: Sequence[CaseRow], *, person: Person, now: datetime
) -> list[CaseAnswer]:
    """The same for the rows of a list."""
    ids = [case.id for case in cases]
    engines = {case.id: engine_for(connection, case) for case in cases}
    children = insight.children_of_many(connection, case_ids=ids)
    clocks = insight.clocks_of_many(connection, case_ids=ids)
    elsewhere = _elsewhere(connection, ids, person)
    here = [a for case in cases for a in engines[case.id].pathway.actions_from(case.state)]
    facts = guard_facts_of_many(connection, case_ids=ids, children=children, actions=here)
    return [
        case_shape(
            case,
            owners=case,
            children=children.get(case.id, []),
            elsewhere=elsewhere,
            clocks=clocks.get(case.id, []),
            actions=_possible(engines[case.id], case, clocks.get(case.id, []), facts[case.id], person, now),
            now=now,
        )
        for case in cases
    ]


def _elsewhere(connection: Connection, case_ids: Sequence[int], person: Person) -> frozenset[int]:
    """Those of whom a partner's system learns no more than it told: to send a contact must not be a way to look up."""
    if person.roles - {"partner"}:
        return frozenset()
    return insight.known_elsewhere(connection, case_ids=case_ids, person=person)


def _possible(
    engine: CompiledPathway,
    case: CaseRow,
    clocks: Sequence[Any],
    facts: dict[str, Any],
    person: Person,
    now: datetime,
) -> tuple[str, ...]:
    running = [clock for clock in clocks if clock.status in OPEN]
    return engine.possible(facts_of(case, running, **facts), actor_on(person, case), now)
