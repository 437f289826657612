"""Several pathways at once in one installation: which one a contact takes, and which version of it."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from earlyhelp.casework.accounts import create_user
from earlyhelp.casework.intake import open_case
from earlyhelp.casework.pathways import publish, running_pathway_id
from earlyhelp.casework.perform import perform
from earlyhelp.casework.seeding import seed
from earlyhelp.pathway.facts import BadFields
from earlyhelp.pathway.loading import folder_library, load, read
from earlyhelp.permissions import Person, load_person
from earlyhelp.places import workflows
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.organisation import Team
from earlyhelp.records.reference import PublishedPathway
from tests.support.lived_once import lived_once

FRIDAY = datetime(2026, 3, 13, 15, tzinfo=UTC)
TEAMS = {"west": "worcestershire", "hope": "halton", "plain": None}
CONTACT = {
    "source": "3A", "channel": "telephone", "agreement": "given", "worries": "Often absent", "strengths": "A warm home",
}  # fmt: skip


@pytest.fixture
def screeners(connection: Connection) -> dict[str, Person]:
    """One screener in each team: two whose pathways differ, one that is set to none."""
    return lived_once(connection, founded)


def founded(connection: Connection) -> dict[str, Person]:
    seed(connection, shipped=workflows(), own=None, council="Anyshire", now=FRIDAY)
    return {team: screener_of(connection, team, pathway) for team, pathway in TEAMS.items()}


def screener_of(connection: Connection, team: str, pathway: str | None) -> Person:
    team_row = {"key": team, "name": team.title(), "kind": "front_door", "active": True, "pathway": pathway}
    connection.execute(insert(Team).values(team_row))
    user_id = create_user(
        connection, email=f"{team}@x.org", name=team.title(), roles=["screener"], team=team, now=FRIDAY
    )
    person = load_person(connection, user_id=user_id)
    assert person is not None
    return person


def received(connection: Connection, person: Person, pathway: str | None = None) -> str:
    children = [{"given_name": "Wenna", "family_name": person.name, "date_of_birth": "2019-05-04"}]
    done = open_case(
        connection, person=person, children=children, fields=CONTACT, now=FRIDAY, pathway=pathway
    )
    return done.reference


def act(
    connection: Connection, reference: str, action: str, person: Person, fields: Mapping[str, object]
) -> None:
    perform(connection, reference=reference, action=action, person=person, fields=fields, now=FRIDAY)


def pathway_of(connection: Connection, reference: str) -> tuple[str, str]:
    """Name and version of the pathway that a case runs on."""
    pathway = select(PublishedPathway.name, PublishedPathway.version)
    row = connection.execute(pathway.join(Case).where(Case.reference == reference)).one()
    return row.name, row.version


def running(connection: Connection, name: str) -> str | None:
    version = select(PublishedPathway.version).where(
        PublishedPathway.id == running_pathway_id(connection, name=name)
    )
    return connection.scalar(version)


def test_a_contact_takes_the_pathway_of_the_team_that_records_it(
    connection: Connection, screeners: dict[str, Person]
) -> None:
    cases = {team: received(connection, person) for team, person in screeners.items()}
    assert {team: pathway_of(connection, case)[0] for team, case in cases.items()} == {
        "west": "worcestershire", "hope": "halton", "plain": "standard",
    }  # fmt: skip


def test_cases_of_two_pathways_run_side_by_side_each_by_its_own_rules(
    connection: Connection, screeners: dict[str, Person]
) -> None:
    west, hope = (received(connection, screeners[team]) for team in ("west", "hope"))
    due = select(ClockRow.due_at).join(Case).where(ClockRow.name == "screening_decision")
    assert connection.scalar(due.where(Case.reference == west)) == datetime(2026, 3, 14, 15, tzinfo=UTC)
    assert connection.scalar(due.where(Case.reference == hope)) == datetime(2026, 3, 17, tzinfo=UTC)
    enquiry = {"agencies": ["health", "police", "education"], "what": "What each knows"}
    referral = {
        "level_of_need": "targeted_3b", "rationale": "Complex needs", "urgency": "green", "agreement": "given",
    }  # fmt: skip
    act(connection, west, "start_mash_enquiry", screeners["west"], enquiry)
    act(connection, hope, "refer_to_social_care", screeners["hope"], referral)
    rows = connection.execute(select(Case.state, Case.level_of_need).order_by(Case.id)).all()
    assert [tuple(row) for row in rows] == [("mash_enquiry", None), ("step_up_requested", "targeted_3b")]


def test_a_contact_may_name_its_pathway(connection: Connection, screeners: dict[str, Person]) -> None:
    case = received(connection, screeners["west"], "herefordshire")
    assert pathway_of(connection, case) == ("herefordshire", "2015")


def test_there_is_no_contact_on_a_pathway_that_does_not_exist(
    connection: Connection, screeners: dict[str, Person]
) -> None:
    with pytest.raises(BadFields, match="no pathway called rutland"):
        received(connection, screeners["west"], "rutland")


@pytest.mark.usefixtures("screeners")
def test_of_dated_versions_the_newest_runs(connection: Connection) -> None:
    names = ("walsall", "halton", "standard")
    assert {name: running(connection, name) for name in names} == {
        "walsall": "2014", "halton": "2012", "standard": "1",
    }  # fmt: skip


def test_a_version_of_the_past_that_is_published_late_does_not_run(
    connection: Connection, tmp_path: Path
) -> None:
    shipped = shutil.copytree(workflows(), tmp_path / "workflows")
    (shipped / "walsall-2013.toml").unlink()
    seed(connection, shipped=shipped, own=None, council="Anyshire", now=FRIDAY)
    publish(connection, load(workflows() / "walsall-2013.toml"), by="init", now=FRIDAY)
    assert running(connection, "walsall") == "2014"


@pytest.mark.usefixtures("screeners")
def test_a_new_version_without_a_date_runs_from_when_it_is_published(connection: Connection) -> None:
    text = (workflows() / "walsall.toml").read_text().replace('"2014"', '"3000"')
    text = text.replace("effective_from = 2014-04-01", "")
    changed = read(text, file="walsall.toml", library=folder_library(workflows()))
    publish(connection, changed, by="somebody", now=FRIDAY)
    assert running(connection, "walsall") == "3000"


def test_social_care_ends_its_assessment_of_a_family_that_another_team_helps(
    connection: Connection, screeners: dict[str, Person]
) -> None:
    user_id = create_user(
        connection, email="duty@x.org", name="Duty", roles=["manager"], team="social_care", now=FRIDAY
    )
    duty = load_person(connection, user_id=user_id)
    assert duty is not None
    case, screener = received(connection, screeners["west"]), screeners["west"]
    referral = {
        "level_of_need": "specialist", "rationale": "Harm", "urgency": "amber", "agreement": "given",
    }  # fmt: skip
    act(connection, case, "refer_to_social_care", screener, referral)
    connection.execute(
        update(Case).values(team_id=select(Team.id).where(Team.key == "early_help").scalar_subquery())
    )
    act(connection, case, "accept_step_up", duty, {"rationale": "Assess", "plan_type": "assessment"})
    act(connection, case, "open_social_work_plan", duty, {"rationale": "Harm", "plan_type": "CP"})
    assert connection.execute(select(Case.state, Case.outcome)).one() == ("closed", "escalated")
