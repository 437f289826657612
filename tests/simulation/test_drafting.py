"""What simulated lead professionals write in assessments that are not submitted yet."""

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection

from earlyhelp.permissions import Person
from earlyhelp.simulation.drafting import drafted
from tests.casework.drafted import TUESDAY, assessing, paper
from tests.casework.watched_cases import days, found_council


def writing(connection: Connection, reference: str, lead: Person, *, words: str) -> None:
    """Somebody writes some sections of their assessment, a day apart, with these words in each."""
    town: Any = SimpleNamespace(
        seed=1,
        now=TUESDAY,
        connection=connection,
        under_pressure=True,
        hours=SimpleNamespace(after=lambda now, many, dice: now + days(many)),
        words=SimpleNamespace(say=lambda dice, about: words),
    )
    case: Any = SimpleNamespace(
        town=town, lead=lead, state="assessing", latest=SimpleNamespace(reference=reference)
    )
    for moment in drafted(case):
        town.now = moment


def test_what_was_written_before_an_assessment_was_returned_stands(connection: Connection) -> None:
    council = found_council(connection)
    reference = assessing(connection, council)
    writing(connection, reference, council["lead"], words="Before")
    stood = paper(connection, reference, council["lead"]).sections
    assert stood
    writing(connection, reference, council["lead"], words="After")
    assert paper(connection, reference, council["lead"]).sections == stood
