"""Keeping a case to named people, taking that back, and opening one in an emergency."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from earlyhelp.casework.answers import Answers
from earlyhelp.casework.journal import write_journal
from earlyhelp.casework.reading import CaseRow, case_just_changed, case_to_change
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed
from earlyhelp.pathway.facts import Refused
from earlyhelp.permissions import Person, may, may_restrict, may_see
from earlyhelp.records.access import CaseAccess
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.organisation import User, UserRole

NAMED_FOR = timedelta(days=365)
"""How long whoever restricts a case is named to it: as long as access may be given at most."""
HOURS = {"1": "1 hour", "4": "4 hours", "24": "24 hours"}
SUBJECT = "restriction"
_OVERSEERS = (
    select(User.id)
    .join(UserRole, UserRole.user_id == User.id)
    .where(User.active, UserRole.role.in_(("service_manager", "auditor")))
)
"""Told where nobody owns a case any more: it is not opened unseen either."""


def restrict_case(
    connection: Connection, *, reference: str, person: Person, given: Mapping[str, Any], now: datetime
) -> None:
    """Keep the case to its lead professional, its team's manager and those named, whoever restricts it among them.

    Access given before ends with it: those who still need the case are named anew. `given` holds reason.
    Raises NoSuchCase, NotAllowed, Refused, BadFields.
    """
    case, reason = _asked(connection, reference, person, given)
    if case.restricted:
        raise Refused("This case is restricted already")
    connection.execute(update(Case).where(Case.id == case.id).values(restricted=True))
    ends_at = now + NAMED_FOR
    _name(connection, case, person, level="contribute", reason=reason, ends_at=ends_at, now=now)
    _journal(connection, case, "restricted", {"reason": reason}, person, now)


def lift_restriction(
    connection: Connection, *, reference: str, person: Person, given: Mapping[str, Any], now: datetime
) -> None:
    """Open the case again to those who see any other. Who was named, when and why stays on record. Same refusals."""
    case, reason = _asked(connection, reference, person, given)
    if not case.restricted:
        raise Refused("This case is not restricted")
    connection.execute(update(Case).where(Case.id == case.id).values(restricted=False))
    _journal(connection, case, "restriction_lifted", {"reason": reason}, person, now)


def break_glass(
    connection: Connection, *, reference: str, person: Person, given: Mapping[str, Any], now: datetime
) -> datetime:
    """Let somebody read a restricted case for some hours, and tell those whose case it is; returns when it ends.

    `given` holds hours and reason. NoSuchCase also where the case is not restricted: nothing is learnt by trying.
    """
    if not may(person, "case.break_glass"):
        raise NotAllowed
    answers = Answers(given)
    hours = answers.code("hours", HOURS, missing="Select for how long you need it")
    reason = answers.words("reason", missing="Enter why this cannot wait for somebody who is named")
    answers.checked()
    case = _restricted_to_others(connection, reference, person)
    ends_at = now + timedelta(hours=int(hours))
    access_id = _name(connection, case, person, level="read", reason=reason, ends_at=ends_at, now=now)
    _journal(connection, case, "glass_broken", {"hours": hours, "reason": reason}, person, now)
    _tell(connection, case, access_id, hours, person, now)
    return ends_at


def _asked(
    connection: Connection, reference: str, person: Person, given: Mapping[str, Any]
) -> tuple[CaseRow, str]:
    case = case_to_change(connection, reference=reference, person=person)
    if not may_restrict(person, case):
        raise NotAllowed
    answers = Answers(given)
    reason = answers.words("reason", missing="Enter the reason")
    answers.checked()
    return case, reason


def _restricted_to_others(connection: Connection, reference: str, person: Person) -> CaseRow:
    """The case, locked, which this person may not see yet."""
    locked = select(Case.id).where(Case.reference == reference, Case.restricted).with_for_update()
    if connection.scalar(locked) is None:
        raise NoSuchCase(reference)
    case = case_just_changed(connection, reference=reference)
    if may_see(person, case):
        raise Refused("You can open this case already")
    return case


def _name(
    connection: Connection,
    case: CaseRow,
    person: Person,
    *,
    level: str,
    reason: str,
    ends_at: datetime,
    now: datetime,
) -> int:
    values = {"user_id": person.id, "level": level, "reason": reason, "given_by_id": person.id}
    return connection.execute(
        insert(CaseAccess)
        .values(case_id=case.id, restricted=True, starts_at=now, ends_at=ends_at, given_at=now, **values)
        .returning(CaseAccess.id)
    ).scalar_one()


def _tell(
    connection: Connection, case: CaseRow, access_id: int, hours: str, person: Person, now: datetime
) -> None:
    """The message carries no reason: it could name the family. Who is told can read it on the case."""
    message = {
        "topic": "break_glass",
        "case_id": case.id,
        "subject": f"{case.reference}: opened although it is restricted",
        "body": f"{person.name} opened {case.reference} for {HOURS[hours]}, although they are not named to it. "
        "Their reason is on the case's page about access.",
        "urgent": True,
        "created_at": now,
        "status": "waiting",
        "next_attempt_at": now,
    }
    owners = owners_of(connection, case=case, now=now) - {person.id}
    told = sorted(owners or set(connection.scalars(_OVERSEERS)) - {person.id})
    rows = [
        {**message, "message_key": f"break-glass-{access_id}-{user}", "recipient_id": user} for user in told
    ]
    if rows:
        connection.execute(insert(OutboxMessage), rows)


def owners_of(connection: Connection, *, case: Any, now: datetime) -> set[int]:
    """The lead professional, the managers of the team, and everybody who is named to work on the case; nobody who has
    left."""
    named = select(CaseAccess.user_id).where(
        CaseAccess.case_id == case.id,
        CaseAccess.restricted,
        CaseAccess.level == "contribute",
        CaseAccess.ends_at > now,
        CaseAccess.revoked_at.is_(None),
    )
    managers = (
        select(User.id)
        .join(UserRole, UserRole.user_id == User.id)
        .where(User.active, UserRole.role == "manager", User.team_id == case.team_id)
    )
    found: Iterable[int] = [*connection.scalars(named), *connection.scalars(managers)]
    lead = {case.lead_professional_id} if case.lead_professional_id else set()
    here = select(User.id).where(User.active, User.id.in_(sorted({*found, *lead})))
    return set(connection.scalars(here))


def _journal(
    connection: Connection,
    case: CaseRow,
    what: str,
    content: Mapping[str, Any],
    person: Person,
    now: datetime,
) -> None:
    write_journal(
        connection,
        case_id=case.id,
        what=what,
        subject=SUBJECT,
        subject_id=case.id,
        content=content,
        person=person,
        now=now,
    )
