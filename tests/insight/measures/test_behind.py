"""What a figure opens into: also what was said of no case, and no place of another list."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, func, select, update

from earlyhelp.casework.feedback import Told, record_feedback
from earlyhelp.insight.measures.asking import month_of, scene_of
from earlyhelp.insight.measures.behind import behind, rows_counted
from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.figures import figure
from earlyhelp.insight.measures.parts import Within
from earlyhelp.insight.measures.splits import TITLES, broken_down, splits_of
from earlyhelp.records.cases import Contact
from earlyhelp.records.people import Person
from tests.casework.watched_cases import MONDAY, allocated, contact, days, found_council
from tests.web.managers_papers import managers_papers, practice_codes

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


def test_every_part_of_a_breakdown_opens_into_what_it_counts(connection: Connection) -> None:
    council = found_council(connection)
    practice_codes(connection)
    for number in range(3):
        contact(connection, council, at=MONDAY + days(number), surname=f"Rowe{number}")
    reference = allocated(connection, council)
    needs = [["housing", "caf\u00e9_\u00fc"], ["housing"], [], []]
    for case_id, given in zip(connection.scalars(select(Contact.case_id)).all(), needs, strict=True):
        connection.execute(update(Contact).where(Contact.case_id == case_id).values(presenting_needs=given))
    connection.execute(update(Person).where(Person.family_name == "Rowe1").values(disabled=True))
    managers_papers(connection, council, reference=reference)
    scene = scene_of(connection, month_of(MONDAY.date()), now=NOW)
    received = MEASURES["contacts_received"]
    splits = dict.fromkeys(splits_of(received), received) | {
        "disabled": replace(received, splits=("disabled",)),
        "state_kind": MEASURES["open_cases"],
        "stage": MEASURES["feedback"],
    }
    opened: dict[str, list[float]] = {}
    for by, measure in splits.items():
        parts = broken_down(connection, measure, scene, by)
        for part in parts:
            rows = rows_counted(measure, scene, within=Within(by, part.key)).cte()
            assert connection.scalar(select(func.count()).select_from(rows)) == parts.sizes[part.key], part
            opened.setdefault(by, []).append(parts.sizes[part.key])
    assert opened["presenting_need"] == [2, 2, 1]
    other = rows_counted(received, scene, within=Within("presenting_need", "Housing")).cte()
    assert connection.scalar(select(func.count()).select_from(other)) == 0, "a code is written in one way"
    assert opened["disabled"] == [3, 1]
    assert opened["state_kind"] == [3, 1]
    assert set(TITLES) - set(opened) == {"outcome", "domain"}, "columns of their own, as stage is one"


@pytest.mark.parametrize("by", ["worker", "team", "agency", "disabled"])
@pytest.mark.parametrize("key", ["\u0663", "01", "-1"])
def test_a_part_that_cannot_be_is_refused(connection: Connection, by: str, key: str) -> None:
    scene = scene_of(connection, month_of(MONDAY.date()), now=NOW)
    with pytest.raises(ValueError, match="no part"):
        rows_counted(MEASURES["open_cases"], scene, within=Within(by, key))


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
