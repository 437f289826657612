"""No small figure tells anybody of a restricted record that they may not see; those who see it see the figure."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, select, update

from earlyhelp.insight.measures.asking import month_of, scene_of
from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.figures import figures
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed
from earlyhelp.insight.measures.splits import broken_down
from earlyhelp.insight.scorecard.contents import Asked, scorecard
from earlyhelp.insight.scorecard.unseen import card_seen_by, figures_seen_by, parts_seen_by
from earlyhelp.insight.scorecard.weekly import weekly_letter
from earlyhelp.permissions import PUBLIC_FORM, Person
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import Team
from tests.casework.watched_cases import MONDAY, Council, allocated, contact, days, found_council

NOW = MONDAY + days(9)
MARCH = month_of(MONDAY.date())
RECEIVED, OPEN = MEASURES["contacts_received"], MEASURES["open_cases"]


@pytest.fixture
def council(connection: Connection) -> Council:
    return found_council(connection)


def restricted(connection: Connection, council: Council) -> str:
    reference = allocated(connection, council, surname="Hidden")
    connection.execute(update(Case).where(Case.reference == reference).values(restricted=True))
    return reference


def told(connection: Connection, person: Person, narrowed: Narrowed = EVERYWHERE) -> list[float | None]:
    scene = scene_of(connection, MARCH, now=NOW)
    found = figures(connection, (RECEIVED, OPEN), scene, narrowed)
    whole = [found[measure.key][0] for measure in (RECEIVED, OPEN)]
    return [one.value for one in figures_seen_by(connection, whole, scene, narrowed, person=person)]


def test_a_small_figure_with_a_record_that_is_kept_from_the_reader_is_kept_back(
    connection: Connection, council: Council
) -> None:
    contact(connection, council, surname="Seen")
    assert told(connection, council["service_manager"]) == [1, 1]
    restricted(connection, council)
    assert told(connection, council["service_manager"]) == [None, None]
    assert told(connection, council["manager"]) == [2, 2], "it is their own team's"
    assert told(connection, PUBLIC_FORM) == [None, None]
    south = Narrowed(team_id=connection.scalars(select(Team.id).where(Team.key == "south")).one())
    assert told(connection, council["service_manager"], south) == [0, 0], "nothing of it counts there"


def test_a_large_figure_tells_nothing_of_one_record(connection: Connection, council: Council) -> None:
    for number in range(4):
        contact(connection, council, surname=f"Seen{number}")
    restricted(connection, council)
    assert told(connection, council["service_manager"]) == [5, 5]


def values(parts: Sequence[float | None]) -> list[float | None]:
    return sorted(parts, key=lambda value: (value is None, value))


def test_no_part_nor_other_days_nor_a_letter_give_a_figure_away_that_is_kept_back(
    connection: Connection, council: Council
) -> None:
    """Of six contacts one is restricted: of a team's one and the front door's five the whole would tell."""
    for number in range(5):
        contact(connection, council, surname=f"Seen{number}")
    restricted(connection, council)
    chief, scene = council["service_manager"], scene_of(connection, MARCH, now=NOW)
    parts = broken_down(connection, OPEN, scene, "team")
    assert values([part.figure.value for part in parts]) == [1, 5]
    seen = parts_seen_by(connection, parts, scene, EVERYWHERE, person=chief)
    assert [part.figure.value for part in seen] == [None, None]
    assert parts_seen_by(connection, parts, scene, EVERYWHERE, person=council["manager"]) == parts
    north = Narrowed(team_id=council["lead"].team_id)
    whole = scorecard(connection, Asked(MARCH, north), now=NOW, measures=[OPEN])
    (row,) = card_seen_by(connection, whole, chief).rows
    assert (row.judged.figure.hidden, row.judged.figure.value) == (True, None)
    assert card_seen_by(connection, whole, council["manager"]) is whole
    _, letter = weekly_letter(
        connection, monday=MONDAY.date(), team_id=north.team_id, now=NOW, base_url="https://e.example"
    )
    assert "kept back (about fewer than 5)" in letter
