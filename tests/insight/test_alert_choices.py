"""What managers' lists can be narrowed to: what can occur near them, and what they chose."""

import pytest
from sqlalchemy import Connection, delete, update

from earlyhelp.insight import alert_choices as choices
from earlyhelp.insight.alert_choices import AlertChoices
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import User, UserRole
from tests.casework.watched_cases import Council, allocated, found_council


@pytest.fixture
def council(connection: Connection) -> Council:
    """One case of the north's, led there; nobody may lead in the south."""
    council = found_council(connection)
    allocated(connection, council)
    return council


def offered(
    connection: Connection, council: Council, who: str, team: str | None = None, worker: str | None = None
) -> AlertChoices:
    team_id = council[f"{team}_manager" if team != "north" else "manager"].team_id if team else None
    worker_id = council[worker].id if worker else None
    return choices.alert_choices(connection, person=council[who], team=team_id, worker=worker_id)


def names(found: AlertChoices) -> tuple[list[str], list[str]]:
    return list(found.teams.values()), list(found.workers.values())


def test_a_teams_manager_is_offered_their_team_and_who_may_lead_in_it(
    connection: Connection, council: Council
) -> None:
    north = (["No team yet", "North"], ["Nobody yet", "Lead", "Other Lead"])
    assert names(offered(connection, council, "manager")) == north
    assert names(offered(connection, council, "south_manager")) == (["No team yet", "South"], ["Nobody yet"])


def test_who_leads_a_case_near_is_offered_wherever_they_work(
    connection: Connection, council: Council
) -> None:
    leads = User.id == council["lead"].id
    connection.execute(update(User).where(leads).values(team_id=council["south_manager"].team_id))
    assert names(offered(connection, council, "manager"))[1] == ["Nobody yet", "Lead", "Other Lead"]


def test_who_left_stays_a_choice_only_while_they_lead(connection: Connection, council: Council) -> None:
    connection.execute(update(User).where(User.name.like("%Lead")).values(active=False))
    assert names(offered(connection, council, "manager"))[1] == ["Nobody yet", "Lead"]


def test_who_may_lead_no_more_stays_a_choice_while_they_lead(
    connection: Connection, council: Council
) -> None:
    connection.execute(delete(UserRole).where(UserRole.role == "lead_professional"))
    assert names(offered(connection, council, "service_manager"))[1] == ["Nobody yet", "Lead"]


def test_a_team_and_a_worker_that_were_chosen_stay_choices(connection: Connection, council: Council) -> None:
    found = offered(connection, council, "south_manager", team="north", worker="lead")
    assert names(found) == (["No team yet", "North", "South"], ["Nobody yet", "Lead"])
    assert names(offered(connection, council, "manager", worker="analyst"))[1] == [
        "Nobody yet",
        "Lead",
        "Other Lead",
    ]


def test_who_sees_every_team_is_offered_few_workers_at_once(connection: Connection, council: Council) -> None:
    found = offered(connection, council, "service_manager")
    assert names(found) == (
        ["No team yet", "Front_Door", "North", "Social_Care", "South"],
        ["Nobody yet", "Lead", "Other Lead"],
    )
    assert not found.team_first


def test_of_many_workers_those_of_the_chosen_team_are_offered(
    connection: Connection, council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choices, "FEW", 1)
    found = offered(connection, council, "service_manager", worker="lead")
    assert (names(found)[1], found.team_first) == (["Nobody yet", "Lead"], True)
    for who in ("service_manager", "screening_manager"):
        found = offered(connection, council, who, team="north")
        assert (names(found)[1], found.team_first) == (["Nobody yet", "Lead", "Other Lead"], False)
    assert names(offered(connection, council, "service_manager", team="south"))[1] == ["Nobody yet"]


def test_who_leads_a_case_of_no_team_is_offered_with_no_team(
    connection: Connection, council: Council
) -> None:
    connection.execute(update(Case).values(team_id=None))
    found = choices.alert_choices(connection, person=council["service_manager"], team=0, worker=None)
    assert names(found)[1] == ["Nobody yet", "Lead"]
