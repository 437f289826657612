"""Caseloads: whose cases count where, what is over a ceiling, and what was known on an earlier day."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from earlyhelp.insight import caseload as caseloads
from earlyhelp.insight.caseload import TeamLoad, WorkerLoad, caseload, load_of, page_of_teams
from earlyhelp.insight.measures.known import Known
from earlyhelp.permissions import Person
from earlyhelp.records.base import NOBODY
from earlyhelp.records.organisation import CouncilSetting, Team, User, UserRole
from earlyhelp.records.workload import KEY, SHIPPED, WorkloadRules, workload_rules
from tests.casework.test_correcting import correct
from tests.casework.watched_cases import MONDAY, Council, accepted, act, allocated, days, found_council

OTHER_SEVEN = SHIPPED.model_copy(update={"ceilings": {**SHIPPED.ceilings, "other": 7}})


@pytest.fixture
def council(connection: Connection) -> Council:
    """One case led since Monday and one since Thursday, one to allocate since Friday."""
    council = found_council(connection)
    allocated(connection, council)
    allocated(connection, council, at=MONDAY + days(3), surname="Bolitho")
    accepted(connection, council, at=MONDAY + days(4), surname="Curnow")
    return council


def worker(teams: list[TeamLoad], name: str) -> WorkerLoad:
    return next(worker for team in teams for worker in team.workers if worker.name == name)


def test_a_case_counts_for_its_lead_professional(connection: Connection, council: Council) -> None:
    (north,) = caseload(connection, person=council["manager"])
    assert (north.cases, north.fewest, north.most, north.per_fte, north.unallocated) == (2, 0, 2, 1.0, 1)
    assert worker([north], "Lead").points == 2 * SHIPPED.points("targeted", "first_contact")


def test_a_manager_of_another_team_sees_none_of_it(connection: Connection, council: Council) -> None:
    assert caseload(connection, person=council["south_manager"]) == []


def test_what_was_recorded_later_was_not_known(connection: Connection, council: Council) -> None:
    on_wednesday = Known(before=MONDAY + days(2))
    person = council["service_manager"]
    assert worker(caseload(connection, person=person, known=on_wednesday), "Lead").cases == 1
    then = caseload(connection, person=person, known=Known(before=MONDAY + days(30)))
    now = caseload(connection, person=person)
    assert [(w.name, w.cases, w.points) for team in then for w in team.workers] == [
        (w.name, w.cases, w.points) for team in now for w in team.workers
    ]


def test_an_earlier_day_counts_what_had_happened_by_then_as_it_is_known_later(
    connection: Connection, council: Council
) -> None:
    """Allocated on Tuesday and recorded a week later; then it turns out to have been on Wednesday."""
    tuesday, later, person = (MONDAY + days(1)).date(), MONDAY + days(9), council["service_manager"]
    reference = accepted(connection, council, surname="Hosken")
    fields = {"lead_professional": council["lead"].email, "team": "north"}
    given: dict[str, Any] = {"now": later, "occurred_at": MONDAY + days(1)}
    act(connection, reference, "allocate_lead_professional", council["screener"], fields, **given)
    as_known = Known(before=later + days(1))

    def led() -> int:
        teams = caseload(connection, person=person, known=as_known, of=tuesday)
        return worker(teams, "Lead").cases

    at_the_time = caseload(connection, person=person, known=Known(before=MONDAY + days(2)))
    assert worker(at_the_time, "Lead").cases == 1
    assert led() == 2
    correct(connection, council, reference, 4, MONDAY + days(2), later + timedelta(hours=1))
    assert led() == 1


def test_a_case_that_moved_is_known_with_whom_it_was(connection: Connection, council: Council) -> None:
    reference = allocated(connection, council, at=MONDAY + days(5), surname="Hosken")
    fields = {"lead_professional": council["other_lead"].email, "reason": "Leave"}
    moved_at = MONDAY + days(8)
    act(connection, reference, "change_lead_professional", council["manager"], fields, now=moved_at)
    person = council["service_manager"]
    before = caseload(connection, person=person, known=Known(before=moved_at))
    after = caseload(connection, person=person)
    assert (worker(before, "Lead").cases, worker(before, "Other Lead").cases) == (3, 0)
    assert (worker(after, "Lead").cases, worker(after, "Other Lead").cases) == (2, 1)


@pytest.mark.parametrize(
    ("own", "of_team", "fte", "newly_qualified", "ceiling"),
    [
        (None, None, 1.0, False, 16),
        (None, None, 0.5, False, 8),
        (None, None, 1.0, True, 12),
        (None, 14, 1.0, False, 14),
        (None, 14, 1.0, True, 12),
        (None, 8, 0.6, True, 5),
        (None, 5, 0.5, False, 3),  # of two and a half
        (None, 25, 0.58, False, 15),  # of fourteen and a half, which is a little less in binary
        (None, 1, 0.4, False, 1),  # of less than a half
        (3, 8, 0.5, True, 3),
    ],
)
def test_a_persons_own_ceiling_goes_before_the_teams_and_the_councils(
    connection: Connection,
    council: Council,
    own: int | None,
    of_team: int | None,
    fte: float,
    newly_qualified: bool,
    ceiling: int,
) -> None:
    connection.execute(update(Team).where(Team.key == "north").values(ceiling=of_team))
    set_for_lead(connection, council, ceiling=own, fte=fte, newly_qualified=newly_qualified)
    lead = worker(caseload(connection, person=council["manager"]), "Lead")
    assert (lead.ceiling, lead.over_ceiling) == (ceiling, ceiling < 2)


def test_the_councils_ceiling_is_that_of_the_teams_kind(connection: Connection, council: Council) -> None:
    for kind, ceiling in (("front_door", 20), ("no such kind", 16)):
        connection.execute(update(Team).where(Team.key == "north").values(kind=kind))
        assert worker(caseload(connection, person=council["manager"]), "Lead").ceiling == ceiling
    move(connection, council["lead"], None)
    connection.execute(insert(CouncilSetting).values(key=KEY, value=OTHER_SEVEN.model_dump_json()))
    assert worker(caseload(connection, person=council["service_manager"]), "Lead").ceiling == 7


def test_who_left_stays_while_they_lead_a_case(connection: Connection, council: Council) -> None:
    connection.execute(update(User).where(User.id == council["lead"].id).values(active=False))
    connection.execute(update(User).where(User.id == council["other_lead"].id).values(active=False))
    (north,) = caseload(connection, person=council["manager"])
    assert [one.name for one in north.workers] == ["Lead"]
    assert (north.fte, north.per_fte) == (0, None)


def test_a_local_level_weighs_what_the_level_it_is_part_of_weighs() -> None:
    assert SHIPPED.points("targeted_3a", "plan") == SHIPPED.points("targeted", "plan")
    assert SHIPPED.points(None, "plan") == SHIPPED.complexity["unknown"] + SHIPPED.routine["plan"]


def test_sixteen_targeted_cases_fill_a_full_time_worker() -> None:
    assert 90 <= 16 * SHIPPED.points("targeted", "plan") <= 100


def test_a_setting_that_cannot_be_read_leaves_the_shipped_rules() -> None:
    assert workload_rules("{") == SHIPPED
    assert workload_rules(WorkloadRules(newly_qualified=9).model_dump_json()).newly_qualified == 9


def test_pages_of_teams_hold_each_once_and_as_the_whole_does(
    connection: Connection, council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One works in the south, one who leads is of no team, and the north's cases wait for somebody."""
    move(connection, council["other_lead"], council["south_manager"].team_id)
    move(connection, council["lead"], None)
    move(connection, council["screener"], council["manager"].team_id)
    connection.execute(insert(UserRole).values(user_id=council["screener"].id, role="lead_professional"))
    monkeypatch.setattr(caseloads, "PAGE", 2)
    person = council["service_manager"]
    for known in (Known(), Known(before=MONDAY + days(30))):
        whole = caseload(connection, person=person, known=known)
        assert [(team.cases, team.unallocated) for team in whole] == [(0, 1), (0, 0), (2, 0)]
        found, after = [], None
        for following in (council["south_manager"].team_id, None):
            page = page_of_teams(connection, person=person, team_id=None, after=after, known=known)
            found += page.teams
            after = page.following
            assert page.following == following
        assert found == whole
        one = page_of_teams(connection, person=person, team_id=NOBODY, after=None, known=known)
        assert (one.teams, one.following) == (whole[2:], None)
        south = council["south_manager"].team_id
        one = page_of_teams(connection, person=person, team_id=south, after=None, known=known)
        assert (one.teams, one.following) == ([whole[1]], None)
        begun_anew = page_of_teams(connection, person=person, team_id=None, after=99, known=known)
        assert begun_anew.teams == whole[:2]


@pytest.mark.parametrize("who", ["service_manager", "manager", "south_manager"])
def test_the_load_of_one_worker_is_that_among_all(connection: Connection, council: Council, who: str) -> None:
    move(connection, council["other_lead"], council["south_manager"].team_id)
    told = {load.user_id: load for team in caseload(connection, person=council[who]) for load in team.workers}
    for user_id in connection.scalars(select(User.id)).all():
        assert load_of(connection, person=council[who], user_id=user_id) == told.get(user_id)
    assert told


def test_people_of_no_team_can_be_asked_for(connection: Connection, council: Council) -> None:
    move(connection, council["lead"], None)
    found = caseload(connection, person=council["service_manager"], teams=[NOBODY])
    assert [(team.team_id, team.cases) for team in found] == [(None, 2)]
    assert caseload(connection, person=council["service_manager"], teams=[]) == []


def set_for_lead(connection: Connection, council: Council, **values: float | None) -> None:
    connection.execute(update(User).where(User.id == council["lead"].id).values(**values))


def move(connection: Connection, who: Person, team_id: int | None) -> None:
    connection.execute(update(User).where(User.id == who.id).values(team_id=team_id))
