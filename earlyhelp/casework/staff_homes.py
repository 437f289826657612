"""Writing down, and forgetting, where somebody of the staff lives."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from earlyhelp.casework.answers import Answers
from earlyhelp.casework.contacts import written_postcode
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.permissions import Person, may
from earlyhelp.records.organisation import User
from earlyhelp.records.staff_homes import StaffHome


def set_home(connection: Connection, *, person: Person, given: Mapping[str, Any], now: datetime) -> None:
    """The home postcode of a user; an empty one forgets it. `given` holds user (id) and postcode.

    Raises NotAllowed for anybody but auditors, BadFields.
    """
    if not may(person, "audit.homes"):
        raise NotAllowed
    answers = Answers(given)
    user = str(given.get("user") or "")
    known = user.isascii() and user.isdigit() and len(user) < 10
    user_id = connection.scalar(select(User.id).where(User.id == int(user))) if known else None
    if user_id is None:
        answers.fault("user", "Select whose home it is")
    postcode = _postcode(answers)
    answers.checked()
    connection.execute(delete(StaffHome).where(StaffHome.user_id == user_id))
    if postcode:
        home = {"user_id": user_id, "postcode": postcode, "set_by_id": person.id, "set_at": now}
        connection.execute(insert(StaffHome).values(**home))


def _postcode(answers: Answers) -> str | None:
    typed = answers.words("postcode", longest=10)
    try:
        return written_postcode(typed or None)
    except ValueError as fault:
        answers.fault("postcode", str(fault))
        return None
