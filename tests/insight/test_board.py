"""The dashboard's ranked parts: they say what the caseloads and lists say, and what they leave out."""

import pytest
from sqlalchemy import Connection, update

from earlyhelp.insight import board_owners, board_teams
from earlyhelp.insight.board_teams import BoardTeam
from earlyhelp.insight.case_lists import time_limits
from earlyhelp.insight.caseload import TeamLoad, caseload
from earlyhelp.insight.dashboard import Board, board
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import Person
from earlyhelp.records.organisation import User
from tests.casework.watched_cases import MONDAY, Council, accepted, allocated, days, found_council

NOW = MONDAY + days(16)


@pytest.fixture
def council(connection: Connection) -> Council:
    """Two cases of the north's led from the south, one to allocate; time limits of all have passed."""
    council = found_council(connection)
    for surname in ("Angove", "Bolitho"):
        allocated(connection, council, surname=surname)
    accepted(connection, council, surname="Curnow")
    south = council["south_manager"].team_id
    connection.execute(update(User).where(User.id == council["lead"].id).values(team_id=south))
    return council


def seen_by(connection: Connection, person: Person) -> Board:
    return board(connection, person=person, now=NOW, calendar=england())


def in_short(team: TeamLoad) -> BoardTeam:
    told = (team.cases, team.fewest, team.most, team.over_ceiling)
    return BoardTeam(team.team_id, team.name, len(team.workers), *told)


@pytest.mark.parametrize("who", ["manager", "south_manager", "screening_manager", "service_manager"])
def test_teams_are_told_as_their_caseloads_are(connection: Connection, council: Council, who: str) -> None:
    loads = caseload(connection, person=council[who])
    found = seen_by(connection, council[who])
    assert found.teams == [in_short(team) for team in loads]
    assert found.teams_in_all == len(loads)


def test_of_many_teams_those_over_their_ceilings_are_shown(
    connection: Connection, council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute(update(User).where(User.id == council["lead"].id).values(ceiling=1))
    assert [team.name for team in seen_by(connection, council["service_manager"]).teams] == ["North", "South"]
    monkeypatch.setattr(board_teams, "PAGE", 1)
    found = seen_by(connection, council["service_manager"])
    assert [(team.name, team.over_ceiling) for team in found.teams] == [("South", 1)]
    assert found.teams_in_all == 2


@pytest.mark.parametrize("who", ["manager", "screening_manager", "service_manager"])
def test_time_limits_of_all_are_added_up_beside_those_with_most(
    connection: Connection, council: Council, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    whole = seen_by(connection, council[who]).owners
    assert (whole.in_all, whole.breached) == (len(whole.first), sum(one.breached for one in whole.first))
    monkeypatch.setattr(board_owners, "PAGE", 1)
    cut = seen_by(connection, council[who]).owners
    assert cut.first == whole.first[:1]
    assert (cut.in_all, cut.breached, cut.due_soon) == (whole.in_all, whole.breached, whole.due_soon)
    behind = [
        len(time_limits(connection, person=council[who], now=NOW, calendar=england(), when=when))
        for when in ("overdue", "soon")
    ]
    assert behind == [cut.breached, cut.due_soon]


def test_nothing_is_told_of_nobody(connection: Connection, council: Council) -> None:
    found = seen_by(connection, council["south_manager"])
    assert (found.owners.first, found.owners.breached, found.open_cases) == ((), 0, 0)
