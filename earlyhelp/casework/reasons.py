"""Writing down why somebody opens a record outside their team, among the readings and as lasting as these."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from earlyhelp.casework.answers import Answers
from earlyhelp.permissions import Person
from earlyhelp.records.reference import AccessEntry

LONGEST = 300


def give_reason(
    connection: Connection,
    *,
    person: Person,
    given: Mapping[str, Any],
    now: datetime,
    case_id: int | None = None,
    person_id: int | None = None,
) -> None:
    """Why they open that case, or that person's record. `given` holds reason. Raises BadFields."""
    answers = Answers(given)
    reason = answers.words("reason", missing="Enter why you need to open this record", longest=LONGEST)
    answers.checked()
    record = {"case_id": case_id, "person_id": person_id}
    connection.execute(
        insert(AccessEntry).values(at=now, user_id=person.id, what="reason", reason=reason, **record)
    )
