"""Writing what a month's figures mean. Nothing is ever changed: what is written anew stands before what was."""

from datetime import date, datetime

from sqlalchemy import Connection, insert

from earlyhelp.pathway.facts import BadFields
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.permissions import Person
from earlyhelp.records.reporting import ScorecardCommentary

LONGEST = 5_000


def write_commentary(
    connection: Connection, *, month: date, team_id: int | None, words: str, person: Person, now: datetime
) -> None:
    """Keep the words with the month. BadFields when there are none, or too many."""
    told = CONTROL_CHARACTERS.sub("", words.replace("\r\n", "\n")).strip()
    if not told:
        raise BadFields({"words": ["Write what the month's figures mean"]})
    if len(told) > LONGEST:
        raise BadFields({"words": [f"The commentary must be {LONGEST:,} characters or fewer"]})
    connection.execute(
        insert(ScorecardCommentary).values(
            month=month.replace(day=1), team_id=team_id, words=told, written_at=now, written_by_id=person.id
        )
    )
