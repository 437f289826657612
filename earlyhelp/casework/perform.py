"""The only writer of a case's state. Every action, from whatever door, comes through `perform`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Row, bindparam, update

from earlyhelp.casework.access import keep_in_sight
from earlyhelp.casework.agreement import stop_sharing
from earlyhelp.casework.clockwork import apply_clock_effects, follow_the_case
from earlyhelp.casework.correcting import Correction, apply_correction, read_correction
from earlyhelp.casework.history import Happening, append_event
from earlyhelp.casework.holding import held_case
from earlyhelp.casework.joining import NOTE_ROLE, joined_case, link_joined_case
from earlyhelp.casework.moments import Moment
from earlyhelp.casework.pathways import NO_CLOSURES, compiled_as
from earlyhelp.casework.reading import (
    CaseRow,
    facts_for_guards,
    facts_of,
)
from earlyhelp.casework.receipts import email_answer
from earlyhelp.casework.references import Resolved, resolve
from earlyhelp.casework.refusals import StaleVersion
from earlyhelp.casework.settling import raise_what_passed
from earlyhelp.casework.submissions import check_assessment, follow_assessment
from earlyhelp.casework.telling import tell
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Action
from earlyhelp.pathway.facts import Actor, Step
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import SYSTEM, Person, acting_roles
from earlyhelp.records.cases import Case
from earlyhelp.records.prepared import Together

_CHANGE_CASE = update(Case).where(Case.id == bindparam("this_case"))


class Performed(NamedTuple):
    """What was written."""

    case_id: int
    reference: str
    version: int
    state: str
    step: Step


class Asked(NamedTuple):
    """One action as somebody asked for it."""

    action: str
    person: Person
    fields: Mapping[str, Any]
    reason: str | None
    occurred_at: datetime
    now: datetime


class Further(NamedTuple):
    """What some kinds of action bring with them: a correction of another event, a case joined to."""

    correction: Correction | None = None
    joined: CaseRow | None = None


def perform(
    connection: Connection,
    *,
    reference: str,
    action: str,
    person: Person,
    fields: Mapping[str, Any],
    now: datetime,
    occurred_at: datetime | None = None,
    seen_version: int | None = None,
    reason: str | None = None,
    known_errors: Mapping[str, list[str]] | None = None,
) -> Performed:
    """Take one action on one case: case, event, clocks, alerts and messages in the caller's transaction.

    `occurred_at` is when it happened (now if not said): not in the future, and not before the case came to the
    state it acts on. `seen_version` is the version the person had before them. `known_errors` are faults found in
    reading what was typed: the action is refused, and they are told together with all others.
    Raises NoSuchCase, StaleVersion, or one of the engine's refusals; then nothing has been written.
    """
    case, clocks = held_case(connection, reference=reference, person=person)
    if seen_version is not None and seen_version != case.version:
        raise StaleVersion(case.version)
    asked = Asked(action, person, fields, reason, (occurred_at or now).astimezone(UTC), now)
    engine = engine_for(connection, case)
    declared = engine.pathway.actions.get(action)
    resolved = resolve_fields(connection, declared, asked)
    guards = facts_for_guards(connection, case_id=case.id, actions=[declared] if declared else [])
    actor = actor_on(person, case)
    step = engine.step(
        facts_of(case, clocks, **guards),
        action,
        resolved.fields,
        actor,
        asked.occurred_at,
        resolved.errors | _errors_of_time(asked, case.state_entered_at) | dict(known_errors or {}),
    )
    further = _checked_further(connection, case, step, asked)
    return _write(connection, engine, case, clocks, step, resolved, asked, actor, further)


def engine_for(connection: Connection, case: CaseRow) -> CompiledPathway:
    return compiled_as(
        connection,
        pathway_id=case.pathway_id,
        fingerprint=case.fingerprint,
        calendar_version=case.calendar or NO_CLOSURES,
    )


def actor_on(person: Person, case: CaseRow) -> Actor:
    """The person in the roles that count on this case."""
    return Actor(id=person.id, roles=acting_roles(person, case), team_kind=person.team_kind)


def resolve_fields(connection: Connection, declared: Action | None, asked: Asked) -> Resolved:
    """The fields with references found. A reason given beside the fields fills a declared field of that name."""
    if declared is None:
        return Resolved(dict(asked.fields))
    given = dict(asked.fields)
    if asked.reason and "reason" not in given and declared.field("reason"):
        given["reason"] = asked.reason
    return resolve(connection, declared, given)


def acting_role(action: Action, roles: frozenset[str]) -> str:
    """The role in which the actor took the action: the first the action names that they hold."""
    return next(role for role in action.roles if role in roles)


def _errors_of_time(asked: Asked, not_before: datetime) -> dict[str, list[str]]:
    if asked.occurred_at > asked.now:
        return {"occurred_at": ["The date and time it happened must not be in the future"]}
    if asked.occurred_at < not_before:
        since = f"{not_before.astimezone(LONDON):%H:%M on %d/%m/%Y}"
        words = f"It cannot have happened before the case came here, at {since}"
        return {"occurred_at": [words]}
    return {}


def _write(
    connection: Connection,
    engine: CompiledPathway,
    case: CaseRow,
    clocks: Sequence[Row[Any]],
    step: Step,
    resolved: Resolved,
    asked: Asked,
    actor: Actor,
    further: Further,
) -> Performed:
    after = _case_after(case, step, resolved, asked)
    moment = _moment_of(case, after, step, asked)
    happening = _happening(engine, case, step, asked, actor)
    together = Together(connection)
    writer = connection if _reads_between(step, further) else cast(Connection, together)
    raise_what_passed(connection, writer, step, clocks=clocks, moment=moment)
    after["last_hash"] = append_event(
        writer,
        happening,
        case_id=case.id,
        pathway_id=case.pathway_id,
        actor_id=asked.person.id,
        team_id=after["team_id"],
        lead_professional_id=after["lead_professional_id"],
        previous_hash=case.last_hash,
    )
    after["next_due_at"] = apply_clock_effects(writer, step, clocks=clocks, moment=moment)
    if further.correction is not None:
        after |= apply_correction(connection, engine, case=case, correction=further.correction, moment=moment)
    if further.joined is not None:
        _note_on_joined_case(connection, case, further.joined, asked)
    writer.execute(_CHANGE_CASE, {**after, "this_case": case.id})
    if _owner_changed(case, after):
        follow_the_case(writer, step, clocks=clocks, moment=moment)
    if step.action.tells:
        _tell(connection, writer, engine, case, step, moment)
    together.send()
    _follow_up(connection, engine, case, step, asked)
    return Performed(case.id, case.reference, case.version + 1, step.to_state, step)


def _reads_between(step: Step, further: Further) -> bool:
    """Whether something must be read between the writes: then they cannot be sent together."""
    return bool(step.moves or step.resumes or step.pauses or further.correction or further.joined)


def _follow_up(
    connection: Connection,
    engine: CompiledPathway,
    case: CaseRow,
    step: Step,
    asked: Asked,
) -> None:
    """What an action brings about beside the case: its assessment, the referrer's letter, who sees it."""
    follow_assessment(
        connection,
        case=case,
        pathway=engine.pathway,
        step=step,
        person=asked.person,
        now=asked.now,
    )
    if step.action.kind == "step_up_accepted" and not step.final:
        keep_in_sight(connection, case=case, person=asked.person, now=asked.now)
    if step.action.kind == "referrer_answered":
        email_answer(connection, case=case, sequence=case.version + 1, fields=step.fields, now=asked.now)
    if step.action.kind == "agreement_withdrawn":
        stop_sharing(connection, case=case, person=asked.person, now=asked.now)


def _tell(
    connection: Connection,
    writer: Connection,
    engine: CompiledPathway,
    case: CaseRow,
    step: Step,
    moment: Moment,
) -> None:
    cannot_wait = any(start.span.kind == "hours" for start in (*step.starts, *step.moves))
    now = moment.recorded_at
    tell(
        connection,
        writer,
        case=case,
        state_kind=step.to_kind,
        action=step.action,
        moment=moment,
        deliver_at=now if cannot_wait else engine.calendar.next_office_moment(now),
    )


def _checked_further(connection: Connection, case: CaseRow, step: Step, asked: Asked) -> Further:
    """What only the records can say about an action: refused here, before anything is written."""
    check_assessment(connection, case=case, step=step, person=asked.person)
    if step.action.kind == "correction":
        correction = read_correction(connection, case_id=case.id, fields=step.fields, now=asked.now)
        return Further(correction=correction)
    if step.action.kind == "contact_joined" and step.final:
        return Further(joined=joined_case(connection, case=case, fields=step.fields, person=asked.person))
    return Further()


def _note_on_joined_case(connection: Connection, case: CaseRow, target: CaseRow, asked: Asked) -> None:
    """A joined contact becomes information on the open case: its history must show it, in the same transaction."""
    link_joined_case(connection, case_id=case.id, target_id=target.id)
    note = next(
        action.name
        for action in engine_for(connection, target).pathway.actions_from(target.state)
        if action.kind == "contact_joined" and NOTE_ROLE in action.roles
    )
    perform(
        connection,
        reference=target.reference,
        action=note,
        person=SYSTEM,
        fields={"contact_reference": case.reference},
        now=asked.now,
    )


def _case_after(case: CaseRow, step: Step, resolved: Resolved, asked: Asked) -> dict[str, Any]:
    """The case's columns after the step, but for its hash and nearest due moment."""
    changed = step.to_state != case.state
    after: dict[str, Any] = {
        "version": case.version + 1,
        "state": step.to_state,
        "state_kind": step.to_kind,
        "is_open": not step.final,
        "state_entered_at": asked.occurred_at if changed else case.state_entered_at,
        "came_from": step.came_from,
        "outcome": step.outcome,
        "closed_at": (asked.occurred_at if changed else case.closed_at) if step.final else None,
        "last_event_at": max(case.last_event_at, asked.occurred_at),
        "team_id": case.team_id,
        "lead_professional_id": case.lead_professional_id,
        "claimed_by_id": None if changed else case.claimed_by_id,
        "claimed_until": None if changed else case.claimed_until,
    }
    if step.action.kind == "reopening":  # who led it then does not lead it now
        after |= {"lead_professional_id": None, "assessment_author_id": None, "urgency": None}
    if step.action.kind == "assessment_submitted":
        after["assessment_author_id"] = asked.person.id
    return after | _set_facts(step, resolved)


def _set_facts(step: Step, resolved: Resolved) -> dict[str, Any]:
    sets = {name: value for name, value in step.sets.items() if name not in {"team", "lead_professional"}}
    for field in step.action.references:
        row = resolved.rows.get(field.name)
        if row is not None and field.sets in {"team", "lead_professional"}:
            sets[f"{field.sets}_id"] = row.id
            if field.sets == "lead_professional" and row.team_id is not None:
                sets.setdefault("team_id", row.team_id)
    return sets


def _moment_of(case: CaseRow, after: Mapping[str, Any], step: Step, asked: Asked) -> Moment:
    return Moment(
        case_id=case.id,
        pathway_id=case.pathway_id,
        sequence=case.version + 1,
        title=step.action.title,
        occurred_at=asked.occurred_at,
        recorded_at=asked.now,
        team_id=after["team_id"],
        lead_professional_id=after["lead_professional_id"],
        by=asked.person.name,
        reason=_reason(step, asked),
    )


def _happening(engine: CompiledPathway, case: CaseRow, step: Step, asked: Asked, actor: Actor) -> Happening:
    return Happening(
        reference=case.reference,
        sequence=case.version + 1,
        action=step.action.name,
        kind=step.action.kind,
        from_state=step.from_state,
        to_state=step.to_state,
        occurred_at=asked.occurred_at,
        recorded_at=asked.now,
        actor=asked.person.email,
        actor_role=acting_role(step.action, actor.roles),
        reason=_reason(step, asked),
        fields=step.fields,
        pathway=engine.pathway.name,
        pathway_version=engine.pathway.version,
        corrects=step.fields.get("event") if step.action.kind == "correction" else None,
    )


def _reason(step: Step, asked: Asked) -> str | None:
    return asked.reason or step.fields.get("reason") or None


def _owner_changed(case: CaseRow, after: Mapping[str, Any]) -> bool:
    return (case.team_id, case.lead_professional_id) != (after["team_id"], after["lead_professional_id"])
