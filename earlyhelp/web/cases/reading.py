"""Everything that one case page shows, read in a fixed number of queries."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from flask import url_for
from sqlalchemy import Connection

from earlyhelp.casework.perform import actor_on, engine_for
from earlyhelp.casework.reading import CaseRow, case_for, facts_for_guards, facts_of
from earlyhelp.insight import cases as insight
from earlyhelp.insight.known_people import Suggestions, suspicions_of_case
from earlyhelp.pathway.definition import Action
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import Person
from earlyhelp.web.cases.deciding import Deciding, deciding
from earlyhelp.web.cases.upkeep import Upkeep, upkeep_of
from earlyhelp.web.cases.versions import Engines, engines_of
from earlyhelp.web.presenters.cases import ClockShown, EventShown, shown_child, shown_clock, shown_history
from earlyhelp.web.presenters.words import in_words


class CasePage(NamedTuple):
    """A case ready for its template."""

    case: CaseRow
    engine: CompiledPathway
    owners: Any
    contact: Any
    children: list[dict[str, str]]
    running: list[ClockShown]
    ended: list[ClockShown]
    history: list[EventShown]
    elsewhere: list[dict[str, Any]]
    actions: list[Action]
    upkeep: Upkeep
    adults: list[str]
    deciding: Deciding | None
    suspicions: Mapping[str, Suggestions]
    signposted: bool
    """Whether there is a sheet of services to give to the family."""


def read_case_page(connection: Connection, *, reference: str, person: Person, now: datetime) -> CasePage:
    """The page's facts. NoSuchCase when it is not this person's to see."""
    case = case_for(connection, reference=reference, person=person)
    engine = engine_for(connection, case)
    clocks = insight.clocks_of(connection, case_id=case.id)
    running = [clock for clock in clocks if clock.status in {"running", "paused"}]
    events = insight.history_of(connection, case_id=case.id)
    engines = engines_of(connection, case, clocks, events)
    pathways = {one: version.pathway for one, version in engines.items()}
    shown = [_shown(case, clock, engines, now) for clock in _soonest_first(running)]
    possible = possible_actions(connection, case, engine, running, person, now)
    children = insight.children_of(connection, case_id=case.id)
    adults = insight.adults_of(connection, case_id=case.id)
    return CasePage(
        case=case,
        engine=engine,
        owners=insight.owners_of(connection, case_id=case.id),
        contact=insight.contact_of(connection, case_id=case.id),
        children=[shown_child(child, now) for child in children],
        running=shown,
        ended=[_shown(case, clock, engines, now) for clock in clocks if clock not in running],
        history=shown_history(events, pathways, now, insight.names_in(connection, events, pathways)),
        elsewhere=_elsewhere(connection, case, [*children, *adults], person, engine),
        actions=possible,
        upkeep=upkeep_of(connection, case=case, engine=engine, person=person, now=now),
        adults=[_adult(adult) for adult in adults],
        deciding=deciding(
            connection, case=case, engine=engine, clocks=clocks, possible=possible, person=person, now=now
        ),
        suspicions=suspicions_of_case(connection, case_id=case.id, person=person),
        signposted=any(event.kind == "signpost" for event in events),
    )


def possible_actions(
    connection: Connection,
    case: CaseRow,
    engine: CompiledPathway,
    running: list[Any],
    person: Person,
    now: datetime,
) -> list[Action]:
    """What this person may do to the case now, in the file's order."""
    here = engine.pathway.actions_from(case.state)
    facts = facts_of(case, running, **facts_for_guards(connection, case_id=case.id, actions=here))
    names = engine.possible(facts, actor_on(person, case), now)
    return [engine.pathway.actions[name] for name in names]


def _adult(adult: Any) -> str:
    """An adult in one line: name, relationship, telephone number."""
    name = f"{adult.given_name} {adult.family_name}".strip() or "Name not known"
    return ", ".join(
        part for part in (name, adult.label or in_words(adult.relationship), adult.phone) if part
    )


def joinable(page: CasePage) -> list[str]:
    """References of open cases of the same children that this person sees."""
    return [one["row"].reference for one in page.elsewhere if one["row"].is_open and one["row"].same_children]


def _soonest_first(clocks: list[Any]) -> list[Any]:
    return sorted(clocks, key=lambda clock: (clock.status == "paused", clock.due_at))


def _shown(case: CaseRow, clock: Any, engines: Engines, now: datetime) -> ClockShown:
    """By the version that it runs on, with the way to its working."""
    working = url_for("cases.clock", reference=case.reference, name=clock.name)
    return shown_clock(clock, engines[clock.pathway_id], now, working)


def _elsewhere(
    connection: Connection, case: CaseRow, people: list[Any], person: Person, engine: CompiledPathway
) -> list[dict[str, Any]]:
    others = insight.elsewhere(
        connection, case_id=case.id, people=people, before=case.opened_at, person=person
    )
    decisions = insight.decisions_of(connection, case_ids=[other.id for other in others])
    return [
        {"row": other, "decision": decisions.get(other.id), "pathway": engine.pathway} for other in others
    ]
