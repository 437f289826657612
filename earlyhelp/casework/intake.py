"""A case begins: a contact comes to the front door, or social care steps a family down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from earlyhelp.casework.clockwork import Moment, apply_clock_effects
from earlyhelp.casework.contacts import ContactTold, read_contact
from earlyhelp.casework.history import FIRST_HASH, Happening, append_event, local_day
from earlyhelp.casework.match_decisions import keep_decisions, tell_of_restricted
from earlyhelp.casework.pathways import compiled, running_pathway_id
from earlyhelp.casework.people import Linked, family_of, link_adults, link_children
from earlyhelp.casework.perform import Asked, Performed, acting_role, resolve_fields
from earlyhelp.casework.references import Resolved
from earlyhelp.casework.referrers import remember_referrer
from earlyhelp.pathway.facts import Actor, BadFields, Facts, Step
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import Person
from earlyhelp.records.cases import Case, CasePerson, Contact
from earlyhelp.records.identifiers import case_reference, next_number
from earlyhelp.records.organisation import Team

STANDARD = "standard"


@dataclass(frozen=True)
class Beginning:
    """A case about to begin: its id and reference, who asked, what the engine answered."""

    case_id: int
    reference: str
    pathway_id: int
    asked: Asked
    step: Step
    resolved: Resolved


def open_case(
    connection: Connection,
    *,
    person: Person,
    children: Any,
    fields: Mapping[str, Any],
    now: datetime,
    adults: Any = (),
    action: str = "receive_contact",
    referrer: Mapping[str, Any] | None = None,
    occurred_at: datetime | None = None,
    pathway: str | None = None,
    reason: str | None = None,
    known_errors: Mapping[str, list[str]] | None = None,
) -> Performed:
    """Begin a case with one of its pathway's opening actions, in the caller's transaction.

    `occurred_at` is when the contact was received. `pathway` is by name; without one, that of the person's team,
    or the standard one. `known_errors` are faults found in reading what was typed: they are told with all others.
    Raises UnknownAction, WrongRole or BadFields; then nothing has been written.
    """
    pathway_id, engine = _pathway_for(connection, person, pathway, local_day(now))
    asked = Asked(action, person, fields, reason, (occurred_at or now).astimezone(UTC), now)
    errors = _errors_of_time(asked)
    told, contact_errors = _read(children, adults, referrer, engine, now)
    declared = engine.pathway.actions.get(action)
    given = {**fields, "children": children} if declared and declared.field("children") else dict(fields)
    asked = Asked(action, person, given, reason, asked.occurred_at, now)
    resolved = resolve_fields(connection, declared, asked)
    actor = Actor(id=person.id, roles=person.roles, team_kind=person.team_kind)
    step = engine.step(
        Facts(state=None),
        action,
        resolved.fields,
        actor,
        asked.occurred_at,
        resolved.errors | errors | contact_errors | dict(known_errors or {}),
    )
    assert told is not None
    people = link_children(connection, told.children, person=person, now=now)
    grown = link_adults(connection, told.adults, person=person, now=now)
    number = next_number(connection, "case")
    case_id = _insert_case(connection, pathway_id, case_reference(number), step, asked)
    beginning = Beginning(case_id, case_reference(number), pathway_id, asked, step, resolved)
    return _write(connection, engine, beginning, told, people, grown, actor)


def opening_engine(
    connection: Connection, *, person: Person, now: datetime, pathway: str | None = None
) -> CompiledPathway:
    """The pathway on which a case that this person begins would run. BadFields when there is none of that name."""
    return _pathway_for(connection, person, pathway, local_day(now))[1]


def _pathway_for(
    connection: Connection, person: Person, name: str | None, on: date
) -> tuple[int, CompiledPathway]:
    if name is None and person.team_id is not None:
        name = connection.scalar(select(Team.pathway).where(Team.id == person.team_id))
    pathway_id = running_pathway_id(connection, name=name or STANDARD, on=on)
    if pathway_id is None:
        raise BadFields({"pathway": [f"There is no pathway called {name or STANDARD}"]})
    return pathway_id, compiled(connection, pathway_id=pathway_id)


def _read(
    children: Any,
    adults: Any,
    referrer: Mapping[str, Any] | None,
    engine: CompiledPathway,
    now: datetime,
) -> tuple[ContactTold | None, dict[str, list[str]]]:
    """The people and the referrer; their faults are kept, to be told together with those of the other fields."""
    try:
        today = engine.calendar.date_of(now)
        return read_contact(children, referrer, today=today, adults=adults), {}
    except BadFields as fault:
        return None, fault.errors


def _errors_of_time(asked: Asked) -> dict[str, list[str]]:
    if asked.occurred_at > asked.now:
        return {"received_at": ["The date and time it was received must not be in the future"]}
    return {}


def _insert_case(connection: Connection, pathway_id: int, reference: str, step: Step, asked: Asked) -> int:
    facts = {name: value for name, value in step.sets.items() if name not in {"team", "lead_professional"}}
    row = connection.execute(
        insert(Case)
        .values(
            reference=reference,
            pathway_id=pathway_id,
            state=step.to_state,
            state_kind=step.to_kind,
            is_open=not step.final,
            state_entered_at=asked.occurred_at,
            version=1,
            last_hash=FIRST_HASH,
            opened_by_id=asked.person.id,
            opened_at=asked.occurred_at,
            last_event_at=asked.occurred_at,
            **facts,
        )
        .returning(Case.id)
    )
    return int(row.scalar_one())


def _write(
    connection: Connection,
    engine: CompiledPathway,
    beginning: Beginning,
    told: ContactTold,
    people: Sequence[Linked],
    grown: Sequence[Linked],
    actor: Actor,
) -> Performed:
    asked, step = beginning.asked, beginning.step
    _write_people(connection, beginning.case_id, [one.id for one in people])
    _write_adults(connection, beginning.case_id, told, [one.id for one in grown])
    _keep_what_was_known(connection, beginning, told, people, grown)
    if step.action.kind == "contact":
        _write_contact(connection, beginning, told)
    team = next((r.id for name, r in beginning.resolved.rows.items() if _sets(step, name, "team")), None)
    happening = _happening(engine, beginning, actor, [one.public_id for one in people])
    last_hash = append_event(
        connection,
        happening,
        case_id=beginning.case_id,
        pathway_id=beginning.pathway_id,
        actor_id=asked.person.id,
        team_id=team,
        lead_professional_id=None,
        previous_hash=FIRST_HASH,
    )
    moment = beginning_moment(beginning, team_id=team)
    next_due_at = apply_clock_effects(connection, step, clocks=[], moment=moment)
    name = f"{told.children[0].family_name or told.children[0].given_name} family"
    everybody = [one.id for one in (*people, *grown)]
    family_id = family_of(connection, everybody, name, now=asked.now)
    connection.execute(
        update(Case)
        .where(Case.id == beginning.case_id)
        .values(last_hash=last_hash, next_due_at=next_due_at, family_id=family_id, team_id=team)
    )
    return Performed(beginning.case_id, beginning.reference, 1, step.to_state, step)


def _keep_what_was_known(
    connection: Connection,
    beginning: Beginning,
    told: ContactTold,
    people: Sequence[Linked],
    grown: Sequence[Linked],
) -> None:
    asked = beginning.asked
    keep_decisions(
        connection,
        case_id=beginning.case_id,
        children=told.children,
        linked=people,
        person=asked.person,
        now=asked.now,
    )
    restricted = {known for one in (*people, *grown) for known in one.restricted()}
    tell_of_restricted(connection, restricted=restricted, person=asked.person, now=asked.now)


def beginning_moment(beginning: Beginning, *, team_id: int | None) -> Moment:
    """The moment at which a case begins: what its first clocks are started at."""
    asked = beginning.asked
    return Moment(
        case_id=beginning.case_id,
        pathway_id=beginning.pathway_id,
        sequence=1,
        title=beginning.step.action.title,
        occurred_at=asked.occurred_at,
        recorded_at=asked.now,
        team_id=team_id,
        lead_professional_id=None,
        by=asked.person.name,
        reason=asked.reason,
    )


def _sets(step: Step, field_name: str, fact: str) -> bool:
    field = step.action.field(field_name)
    return field is not None and field.sets == fact


def _write_people(connection: Connection, case_id: int, people: list[int]) -> None:
    """Each once, at the place where they were told first."""
    places = {person_id: position for position, person_id in reversed(list(enumerate(people)))}
    rows = [
        {"case_id": case_id, "person_id": person_id, "position": position, "is_child": True}
        for person_id, position in places.items()
    ]
    connection.execute(insert(CasePerson), rows)


def _write_adults(connection: Connection, case_id: int, told: ContactTold, grown: Sequence[int]) -> None:
    rows = {
        person_id: {
            "case_id": case_id,
            "person_id": person_id,
            "position": position,
            "is_child": False,
            "relationship": adult.relationship,
        }
        for position, (adult, person_id) in enumerate(zip(told.adults, grown, strict=True))
    }
    if rows:
        connection.execute(insert(CasePerson), list(rows.values()))


def _write_contact(connection: Connection, beginning: Beginning, told: ContactTold) -> None:
    fields, referrer = beginning.step.fields, told.referrer
    connection.execute(
        insert(Contact).values(
            case_id=beginning.case_id,
            source=fields["source"],
            channel=fields["channel"],
            received_at=beginning.asked.occurred_at,
            presenting_needs=fields.get("presenting_needs", []),
            worries=fields.get("worries", ""),
            strengths=fields.get("strengths", ""),
            agreement=fields["agreement"],
            sharing_basis=fields.get("sharing_basis"),
            referrer_name=referrer.name,
            referrer_organisation=referrer.organisation,
            referrer_email=referrer.email,
            referrer_phone=referrer.phone,
        )
    )
    remember_referrer(connection, referrer, now=beginning.asked.now)


def _happening(engine: CompiledPathway, beginning: Beginning, actor: Actor, children: list[str]) -> Happening:
    """The first event. It names the children by public id only: their data lives in one place."""
    asked, step = beginning.asked, beginning.step
    return Happening(
        reference=beginning.reference,
        sequence=1,
        action=step.action.name,
        kind=step.action.kind,
        from_state=None,
        to_state=step.to_state,
        occurred_at=asked.occurred_at,
        recorded_at=asked.now,
        actor=asked.person.email,
        actor_role=acting_role(step.action, actor.roles),
        reason=asked.reason,
        fields={**step.fields, "children": children},
        pathway=engine.pathway.name,
        pathway_version=engine.pathway.version,
    )
