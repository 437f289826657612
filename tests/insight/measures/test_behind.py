"""What a figure opens into: also what was said of no case, and no place of another list."""

import pytest
from sqlalchemy import Connection

from earlyhelp.casework.feedback import Told, record_feedback
from earlyhelp.insight.measures.asking import month_of, scene_of
from earlyhelp.insight.measures.behind import behind
from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.figures import figure
from tests.casework.watched_cases import MONDAY, contact, days, found_council
from tests.web.managers_papers import practice_codes

NOW = MONDAY + days(9)


def test_what_was_said_of_no_case_is_listed_with_what_was_said_of_one(connection: Connection) -> None:
    council = found_council(connection)
    practice_codes(connection)
    case = contact(connection, council)
    manager = council["service_manager"]
    for reference in ("", case, ""):
        told = Told("compliment", MONDAY.date(), "parent", "They listened", case=reference)
        record_feedback(connection, told=told, person=manager, now=NOW)
    scene = scene_of(connection, month_of(MONDAY.date()), now=NOW)
    compliments = MEASURES["compliments"]
    assert figure(connection, compliments, scene).numerator == 3
    first = behind(connection, compliments, scene, person=manager, limit=2)
    second = behind(connection, compliments, scene, person=manager, limit=2, after=first.following)
    assert [row.reference for row in (*first.rows, *second.rows)] == [None, None, case]
    assert (first.total, first.visible, second.following) == (3, 3, None)
    theirs = behind(connection, compliments, scene, person=council["lead"])
    assert theirs.visible == 2
    assert theirs.hides_few, "a case that is not theirs could be told from three less two"
    assert not first.hides_few


@pytest.mark.parametrize("after", ["1~1~\0", "1~1", "1~1~1~1", f"{10**30}~1~attendance", "x~1~attendance"])
def test_a_place_of_no_list_is_refused(connection: Connection, after: str) -> None:
    scene = scene_of(connection, month_of(MONDAY.date()), now=NOW)
    with pytest.raises(ValueError, match="no place"):
        behind(
            connection,
            MEASURES["distance_travelled"],
            scene,
            person=found_council(connection)["service_manager"],
            after=after,
        )
