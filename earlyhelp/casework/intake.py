"""A case begins: a contact comes to the front door, or social care steps a family down."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, insert, select

from earlyhelp.casework.clockwork import apply_clock_effects
from earlyhelp.casework.contacts import ContactTold, read_contact
from earlyhelp.casework.history import FIRST_HASH, Happening, append_event, local_day
from earlyhelp.casework.match_decisions import keep_decisions, tell_of_restricted
from earlyhelp.casework.moments import Moment
from earlyhelp.casework.pathways import NO_CLOSURES, STANDARD, compiled_as, running_version
from earlyhelp.casework.people import (
    Linked,
    found_family,
    held,
    join_family,
    known_family,
    link_adults,
    link_children,
)
from earlyhelp.casework.perform import Asked, Performed, acting_role, resolve_fields
from earlyhelp.casework.recognising import keep_suspicions
from earlyhelp.casework.references import Resolved
from earlyhelp.casework.referrers import remember_referrer
from earlyhelp.casework.youngest import keep_youngest, youngest_told
from earlyhelp.pathway.facts import Actor, BadFields, Facts, Step
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import Person
from earlyhelp.records.cases import Case, CasePerson, Contact
from earlyhelp.records.identifiers import Reserved, case_reference, reserve
from earlyhelp.records.organisation import Team
from earlyhelp.records.prepared import Together

# Built once: making a statement anew costs more than running it.
_OPEN, _CONTACT, _ON_CASE = (insert(table).inline() for table in (Case, Contact, CasePerson))


class Beginning(NamedTuple):
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
    together = Together(connection)
    people = link_children(connection, together, told.children, person=person, now=now)
    grown = link_adults(connection, together, told.adults, person=person, now=now)
    household = _household(connection, people, grown)
    reference = case_reference(household.case.number)
    beginning = Beginning(household.case.id, reference, pathway_id, asked, step, resolved)
    done = _write(connection, together, engine, beginning, told, household, actor)
    together.send()
    if not all(one.new for one in household.everybody):
        keep_youngest(connection, case_ids=[beginning.case_id])
    return done


def opening_engine(
    connection: Connection, *, person: Person, now: datetime, pathway: str | None = None
) -> CompiledPathway:
    """The pathway on which a case that this person begins would run. BadFields when there is none of that name."""
    return _pathway_for(connection, person, pathway, local_day(now))[1]


def _pathway_for(
    connection: Connection, person: Person, name: str | None, on: date
) -> tuple[int, CompiledPathway]:
    asked = STANDARD if name == "" else name
    running = running_version(connection, name=asked, team_id=person.team_id, on=on)
    if running is None:
        if name is None and person.team_id is not None:
            name = connection.scalar(select(Team.pathway).where(Team.id == person.team_id))
        raise BadFields({"pathway": [f"There is no pathway called {name or STANDARD}"]})
    pathway_id = int(running.id)
    engine = compiled_as(
        connection,
        pathway_id=pathway_id,
        fingerprint=running.digest,
        calendar_version=running.calendar or NO_CLOSURES,
    )
    return pathway_id, engine


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


class Household(NamedTuple):
    """The case to come, the children and adults told of, and their family, which is new where its number is."""

    case: Reserved
    children: Sequence[Linked]
    grown: Sequence[Linked]
    family_id: int
    new_family: Reserved | None

    @property
    def everybody(self) -> Sequence[Linked]:
        return [*self.children, *self.grown]


def _household(connection: Connection, children: Sequence[Linked], grown: Sequence[Linked]) -> Household:
    everybody = held(connection, [*children, *grown])
    children, grown = everybody[: len(children)], everybody[len(children) :]
    known = known_family(connection, everybody)
    if known is not None:
        return Household(reserve(connection, "case")["case"], children, grown, known, None)
    reserved = reserve(connection, "case", "family")
    return Household(reserved["case"], children, grown, reserved["family"].id, reserved["family"])


def _write_case(
    writer: Connection,
    beginning: Beginning,
    told: ContactTold,
    *,
    last_hash: str,
    family_id: int,
    team_id: int | None,
) -> None:
    asked, step = beginning.asked, beginning.step
    facts = {name: value for name, value in step.sets.items() if name not in {"team", "lead_professional"}}
    values = {
        "id": beginning.case_id,
        "reference": beginning.reference,
        "pathway_id": beginning.pathway_id,
        "state": step.to_state,
        "state_kind": step.to_kind,
        "is_open": not step.final,
        "state_entered_at": asked.occurred_at,
        "version": 1,
        "last_hash": last_hash,
        "opened_by_id": asked.person.id,
        "opened_at": asked.occurred_at,
        "last_event_at": asked.occurred_at,
        "next_due_at": min((start.schedule.due_at for start in step.starts), default=None),
        "family_id": family_id,
        "team_id": team_id,
        "youngest_born_on": youngest_told(told.children),
    }
    writer.execute(_OPEN, values | facts)


def _write(
    connection: Connection,
    together: Together,
    engine: CompiledPathway,
    beginning: Beginning,
    told: ContactTold,
    household: Household,
    actor: Actor,
) -> Performed:
    """Each row after those it refers to: SQLite is sent them one after the other."""
    asked, step, writer = beginning.asked, beginning.step, cast(Connection, together)
    team = next((r.id for name, r in beginning.resolved.rows.items() if _sets(step, name, "team")), None)
    happening = _happening(engine, beginning, actor, [one.public_id for one in household.children])
    last_hash = happening.hashed_after(FIRST_HASH)
    if household.new_family is not None:
        name = f"{told.children[0].family_name or told.children[0].given_name} family"
        found_family(writer, household.new_family, name, now=asked.now)
    join_family(connection, writer, household.family_id, household.everybody)
    _write_case(writer, beginning, told, last_hash=last_hash, family_id=household.family_id, team_id=team)
    _write_people(writer, beginning.case_id, [one.id for one in household.children])
    _write_adults(writer, beginning.case_id, told, [one.id for one in household.grown])
    _keep_what_was_known(connection, writer, beginning, told, household)
    if step.action.kind == "contact":
        _write_contact(connection, writer, beginning, told)
    append_event(
        writer,
        happening,
        case_id=beginning.case_id,
        pathway_id=beginning.pathway_id,
        actor_id=asked.person.id,
        team_id=team,
        lead_professional_id=None,
        previous_hash=FIRST_HASH,
        link=last_hash,
    )
    apply_clock_effects(writer, step, clocks=[], moment=beginning_moment(beginning, team_id=team))
    return Performed(beginning.case_id, beginning.reference, 1, step.to_state, step)


def _keep_what_was_known(
    connection: Connection,
    writer: Connection,
    beginning: Beginning,
    told: ContactTold,
    household: Household,
) -> None:
    asked = beginning.asked
    for one in household.everybody:
        keep_suspicions(
            writer,
            person_id=one.id,
            found=one.found,
            declined=one.declined,
            person=asked.person,
            now=asked.now,
        )
    keep_decisions(
        writer,
        case_id=beginning.case_id,
        children=told.children,
        linked=household.children,
        person=asked.person,
        now=asked.now,
    )
    restricted = {known for one in household.everybody for known in one.restricted()}
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


def _write_people(writer: Connection, case_id: int, people: list[int]) -> None:
    """Each once, at the place where they were told first."""
    places = {person_id: position for position, person_id in reversed(list(enumerate(people)))}
    rows = [
        {"case_id": case_id, "person_id": person_id, "position": position, "is_child": True}
        for person_id, position in places.items()
    ]
    writer.execute(_ON_CASE, rows)


def _write_adults(writer: Connection, case_id: int, told: ContactTold, grown: Sequence[int]) -> None:
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
        writer.execute(_ON_CASE, list(rows.values()))


def _write_contact(
    connection: Connection, writer: Connection, beginning: Beginning, told: ContactTold
) -> None:
    fields, referrer = beginning.step.fields, told.referrer
    values = {
        "case_id": beginning.case_id,
        "source": fields["source"],
        "channel": fields["channel"],
        "received_at": beginning.asked.occurred_at,
        "presenting_needs": fields.get("presenting_needs", []),
        "worries": fields.get("worries", ""),
        "strengths": fields.get("strengths", ""),
        "agreement": fields["agreement"],
        "sharing_basis": fields.get("sharing_basis"),
        "referrer_name": referrer.name,
        "referrer_organisation": referrer.organisation,
        "referrer_email": referrer.email,
        "referrer_phone": referrer.phone,
    }
    writer.execute(_CONTACT, values)
    remember_referrer(connection, writer, referrer, now=beginning.asked.now)


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
