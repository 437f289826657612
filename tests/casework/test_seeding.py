"""What every database holds before its first contact."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, update

from earlyhelp.casework.pathways import VersionTaken
from earlyhelp.casework.seeding import Seeded, seed
from earlyhelp.insight.code_lists import codes
from earlyhelp.pathway.faults import PathwayError
from earlyhelp.places import workflows
from earlyhelp.questionnaires.folders import sound_pathways
from earlyhelp.records.cases import CalendarDay
from earlyhelp.records.organisation import Agency, Team
from earlyhelp.records.reference import CodeEntry, CodeList, PublishedPathway, Service

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


def seeded(connection: Connection, *, shipped: Path | None = None, own: Path | None = None) -> Seeded:
    folder = shipped or workflows()
    return seed(connection, shipped=folder, own=own, council="Millbrook", now=NOW)


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A copy of the shipped folder that a test may change."""
    return shutil.copytree(workflows(), tmp_path / "workflows")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def test_seeding_twice_changes_nothing(connection: Connection) -> None:
    first = seeded(connection)
    tables = (CodeList, CodeEntry, Team, Agency, Service, PublishedPathway)
    rows = [sorted(map(str, connection.execute(select(table)))) for table in tables]
    again = seeded(connection)
    assert [sorted(map(str, connection.execute(select(table)))) for table in tables] == rows
    assert (again.pathways, again.codes, again.services_added) == (first.pathways, first.codes, 0)


def test_national_codes_know_from_when_they_hold(connection: Connection) -> None:
    seeded(connection)
    rows = connection.execute(select(CodeEntry).where(CodeEntry.code_list == "source")).all()
    assert len(rows) == 22
    assert {row.code: row.valid_from for row in rows}["5D"] == date(2022, 4, 1)


def test_every_code_of_the_contact_has_its_annex_a_label(connection: Connection) -> None:
    seeded(connection)
    for name in ("source", "gender", "ethnicity"):
        codes, labels = (
            set(connection.scalars(select(CodeEntry.code).where(CodeEntry.code_list == listed)))
            for listed in (name, f"annex_a_{name}")
        )
        assert codes == labels


def test_every_list_says_what_it_is(connection: Connection) -> None:
    seeded(connection)
    titles = {row.name: row.title for row in connection.execute(select(CodeList))}
    assert titles["source"] == "Contact and referral source"
    assert all(titles.values())


def test_there_are_teams_for_the_front_door_early_help_and_social_care(connection: Connection) -> None:
    seeded(connection)
    teams = connection.execute(select(Team.key, Team.kind).order_by(Team.id)).all()
    assert teams == [
        ("front_door", "front_door"),
        ("early_help", "locality"),
        ("social_care", "social_care"),
    ]
    assert connection.scalars(select(Agency.name)).all() == ["Millbrook"]


def test_signposting_works_on_the_first_day(connection: Connection) -> None:
    seeded(connection)
    codes = set(connection.scalars(select(CodeEntry.code).where(CodeEntry.code_list == "presenting_need")))
    services = connection.execute(select(Service)).all()
    assert len(services) >= 12
    assert all(service.url.startswith("https://") and set(service.needs) <= codes for service in services)


def test_a_bank_holiday_that_a_new_version_knows_of_counts_in_figures_too(connection: Connection) -> None:
    every = select(CalendarDay).order_by(CalendarDay.on)
    right = connection.execute(every).all()
    wedding = date(2011, 4, 29)
    those, that = (
        update(CalendarDay).where(each) for each in (CalendarDay.on >= wedding, CalendarDay.on == wedding)
    )
    connection.execute(those.values(working_number=CalendarDay.working_number + 1))
    connection.execute(that.values(counts_as=wedding))
    seeded(connection)
    assert connection.execute(every).all() == right


def test_what_the_council_changed_stays(connection: Connection) -> None:
    seeded(connection)
    connection.execute(update(Service).where(Service.key == "childline").values(withdrawn_at=NOW))
    connection.execute(update(Team).where(Team.key == "early_help").values(name="Family help"))
    seeded(connection)
    assert connection.scalar(select(Service.withdrawn_at).where(Service.key == "childline")) == NOW
    assert connection.scalar(select(func.count()).select_from(Team)) == 3


def test_a_shipped_label_that_changed_is_brought_over(connection: Connection) -> None:
    seeded(connection)
    police = (CodeEntry.code_list == "source") & (CodeEntry.code == "6")
    connection.execute(update(CodeEntry).where(police).values(label="Constabulary"))
    seeded(connection)
    assert connection.scalar(select(CodeEntry.label).where(police)) == "Police"


def test_a_council_names_codes_in_its_own_words_and_the_codes_stay(connection: Connection, own: Path) -> None:
    (own / "codes").mkdir()
    (own / "codes" / "millbrook.toml").write_text(
        '[codes.ethnicity]\nWBRI = "White Cornish or British"\n[codes.gender]\nneither = "Another word"\n'
        '[codes.feedback_from]\nother = { label = "Somebody else", valid_to = 2026-03-31 }\n'
    )
    before = seeded(connection).codes
    assert seeded(connection, own=own).codes == before
    assert codes(connection, "ethnicity")["WBRI"] == "White Cornish or British"
    assert codes(connection, "gender")["neither"] == "Another word"
    assert codes(connection, "annex_a_ethnicity")["WBRI"] == "a) WBRI"
    ended = (CodeEntry.code_list == "feedback_from") & (CodeEntry.code == "other")
    assert connection.scalar(select(CodeEntry.valid_to).where(ended)) == date(2026, 3, 31)


def test_own_words_for_what_is_no_code_are_told_at_once_and_change_nothing(
    connection: Connection, own: Path
) -> None:
    (own / "codes").mkdir()
    (own / "codes" / "a.toml").write_text(
        '[codes.ethnicity]\nCORN = "Cornish"\nWBRI = ""\n'
        '[codes.annex_a_gender]\nmale = "M"\n[codes.source]\n6 = "Police"\n'
    )
    (own / "codes" / "b.toml").write_text("[codes")
    (own / "codes" / "practice.toml").write_text('[codes.gender]\nmale = "Boy"\n')
    with pytest.raises(PathwayError) as refused:
        seeded(connection, own=own)
    assert [fault.key for fault in refused.value.faults] == [
        *("codes.ethnicity.CORN", "codes.ethnicity.WBRI", "codes.annex_a_gender", "codes.source", "", ""),
    ]
    assert connection.scalars(select(CodeList.name)).all() == []


def test_the_councils_own_pathway_may_extend_a_shipped_one(connection: Connection, own: Path) -> None:
    (own / "millbrook.toml").write_text(
        'extends = "standard"\nname = "millbrook"\ntitle = "Millbrook"\nversion = "2026"\n'
    )
    assert "millbrook 2026" in seeded(connection, own=own).pathways


def test_one_broken_file_stops_everything_with_all_its_faults(connection: Connection, own: Path) -> None:
    (own / "broken.toml").write_text("this is not a pathway")
    (own / "empty.toml").write_text("")
    with pytest.raises(PathwayError) as refused:
        seeded(connection, own=own)
    assert {Path(fault.file).name for fault in refused.value.faults} == {"broken.toml", "empty.toml"}
    assert connection.scalars(select(CodeList.name)).all() == []


def test_changed_rules_under_an_old_version_are_refused(connection: Connection, shipped: Path) -> None:
    seeded(connection, shipped=shipped)
    file = shipped / "standard.toml"
    file.write_text(file.read_text().replace('warn = ["50%", "80%"]', 'warn = ["60%", "80%"]'))
    with pytest.raises(VersionTaken, match="give the changed file a new version"):
        seeded(connection, shipped=shipped)


def test_of_several_versions_the_one_that_holds_latest_is_published_last(shipped: Path, own: Path) -> None:
    for version, since in (("b", "2020-01-01"), ("a", "2024-01-01")):
        (own / f"{version}.toml").write_text(
            'extends = "standard"\nname = "local"\ntitle = "Local"\n'
            f'version = "{version}"\neffective_from = {since}\n'
        )
    versions = [pathway.version for pathway in sound_pathways(shipped, own) if pathway.name == "local"]
    assert versions == ["b", "a"]
