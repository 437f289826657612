"""Letting somebody into a case for a stated time and reason, and withdrawing it."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, false, insert, select, update

from earlyhelp.casework.answers import Answers
from earlyhelp.casework.desk import note_change
from earlyhelp.casework.reading import CaseRow, case_to_change
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.permissions import MATRIX, Person, load_person, may_give_access
from earlyhelp.records.access import CaseAccess
from earlyhelp.records.organisation import User, UserRole

LEVELS = {"read": "See the case", "contribute": "See it, write notes and draft the assessment"}
LONGEST = timedelta(days=366)
BESIDE = "Social care accepted the step up, and early help goes on beside it"

_note = partial(note_change, table=CaseAccess)


class NoSuchAccess(Exception):
    """There is no such access on this case, or it was withdrawn already."""


def give_access(
    connection: Connection,
    *,
    reference: str,
    person: Person,
    given: Mapping[str, Any],
    now: datetime,
    known_errors: Mapping[str, list[str]] | None = None,
) -> int:
    """Let a user into the case until the end of a day; returns the access's id.

    `given` holds user (e-mail address), level, until (a date) and reason. Raises NotAllowed for anybody but the
    lead professional and the managers of the case, BadFields with words for everything that is wrong.
    """
    case = _case_for_giver(connection, reference, person)
    answers = Answers(given, known_errors)
    user = _user(connection, answers, case)
    level = answers.code("level", LEVELS, missing="Select what they may do")
    until = _until(answers, now.astimezone(LONDON).date())
    reason = answers.words("reason", missing="Enter why they need to see this family's record")
    answers.checked()
    assert user is not None
    assert until is not None
    ends_at = datetime.combine(until + timedelta(days=1), time(), LONDON)
    values = {"user_id": user.id, "level": level, "ends_at": ends_at, "reason": reason}
    access_id = connection.execute(
        insert(CaseAccess)
        .values(
            **values,
            case_id=case.id,
            restricted=case.restricted,
            starts_at=now,
            given_by_id=person.id,
            given_at=now,
        )
        .returning(CaseAccess.id)
    ).scalar_one()
    content = {"user": user.email, "level": level, "until": until.isoformat(), "reason": reason}
    _note(connection, case, what="access_given", row_id=access_id, content=content, person=person, now=now)
    return access_id


def keep_in_sight(connection: Connection, *, case: CaseRow, person: Person, now: datetime) -> None:
    """Let the managers of a social care team go on reading a case of theirs that stays with early help.

    A step up is theirs to see while it waits; when help goes on beside their social work, it would vanish from them.
    """
    managers = (
        select(User.id, User.email)
        .join(UserRole, UserRole.user_id == User.id)
        .where(User.active, UserRole.role == "manager", User.team_id == person.team_id)
        .order_by(User.id)
    )
    giver = {"given_by_id": person.id, "given_at": now, "restricted": case.restricted}
    for manager in connection.execute(
        managers if person.team_id is not None else managers.where(false())
    ).all():
        values = {
            "user_id": manager.id,
            "level": "read",
            "reason": BESIDE,
            "starts_at": now,
            "ends_at": now + LONGEST,
        }
        access_id = connection.execute(
            insert(CaseAccess).values(case_id=case.id, **values, **giver).returning(CaseAccess.id)
        ).scalar_one()
        content = {"user": manager.email, "level": "read", "reason": BESIDE}
        _note(
            connection, case, what="access_given", row_id=access_id, content=content, person=person, now=now
        )


def withdraw_access(
    connection: Connection, *, reference: str, access_id: int, person: Person, now: datetime
) -> None:
    """End an access at once. Raises NoSuchAccess, NotAllowed."""
    case = _case_for_giver(connection, reference, person)
    ended = connection.execute(
        update(CaseAccess)
        .where(CaseAccess.id == access_id, CaseAccess.case_id == case.id, CaseAccess.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by_id=person.id)
    )
    if not ended.rowcount:
        raise NoSuchAccess
    _note(connection, case, what="access_withdrawn", row_id=access_id, content={}, person=person, now=now)


def _case_for_giver(connection: Connection, reference: str, person: Person) -> CaseRow:
    case = case_to_change(connection, reference=reference, person=person)
    if not may_give_access(person, case):
        raise NotAllowed
    return case


def _user(connection: Connection, answers: Answers, case: CaseRow) -> Any:
    """An active user who may open cases at all, and does not lead this one."""
    email = answers.words("user", missing="Say who needs to see the case", longest=254).lower()
    row = connection.execute(select(User.id, User.email).where(User.email == email)).one_or_none()
    found = load_person(connection, user_id=row.id) if row else None
    if found is None or not found.roles & MATRIX["case.open"]:
        answers.fault("user", "Choose somebody with an active account who works with families")
    elif found.id == case.lead_professional_id:
        answers.fault("user", "They lead this case and see it already")
    return row


def _until(answers: Answers, today: date) -> date | None:
    until = answers.day("until", missing="Enter the last day on which they need it")
    if until is not None and not today <= until <= today + LONGEST:
        answers.fault("until", "The last day must be from today to a year from now")
    return until
