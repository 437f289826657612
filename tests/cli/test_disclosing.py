"""Somebody asks what is held about them: all of it is told, and other people in it are marked."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from earlyhelp.casework.intake import open_case
from earlyhelp.exporting.disclosure import as_html, as_json, as_pdf
from earlyhelp.insight.disclosure import Held, held_on, person_for
from earlyhelp.insight.third_parties import Marker, ThirdParty
from earlyhelp.records.cases import CasePerson
from earlyhelp.records.database import connect, reading, transaction
from earlyhelp.records.disclosures import Disclosure
from earlyhelp.records.people import Person
from earlyhelp.records.plain_text import all_tables
from earlyhelp.records.reference import AccessEntry
from tests.casework.watched_cases import MONDAY, Council, allocated, found_council
from tests.cli.conftest import Run

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def told_of_two(connection: Connection, council: Council) -> tuple[str, str]:
    """A contact about Wenna and her brother Jory, told by their neighbour; the two public ids."""
    open_case(
        connection,
        person=council["screener"],
        children=[
            {"given_name": "Wenna", "family_name": "Tregenza", "date_of_birth": "2019-05-04"},
            {"given_name": "Jory", "family_name": "Tregenza", "date_of_birth": "2012-01-09"},
        ],
        fields={
            "source": "1C",
            "channel": "telephone",
            "presenting_needs": [],
            "worries": "JORY shouts at Wenna; Mrs Bolitho hears it",
            "strengths": "Wenna sings",
            "agreement": "given",
        },
        referrer={"name": "Mrs Bolitho"},
        now=MONDAY,
    )
    wenna, jory = connection.scalars(select(Person.public_id).order_by(Person.id.desc()).limit(2)).all()[::-1]
    return wenna, jory


def held(connection: Connection, public_id: str) -> Held:
    return held_on(connection, person_id=person_for(connection, public_id=public_id).id)


def test_other_people_are_marked_wherever_they_are_named(connection: Connection) -> None:
    wenna, jory = told_of_two(connection, found_council(connection))
    found = held(connection, wenna)
    (contact,) = found.records["contacts"]
    marked = "[third party: JORY] shouts at Wenna; [third party: Mrs Bolitho] hears it"
    assert (contact["worries"], contact["strengths"]) == (marked, "Wenna sings")
    assert contact["referrer_name"] == "[third party: Mrs Bolitho]"
    assert {(one.who, one.reference) for one in found.third_parties} == {
        ("Another child", jory),
        ("Who told us", ""),
    }
    rows = {row["person_id"]: row["third_party"] for row in found.records["case_people"]}
    assert sorted(rows.values()) == [False, True]


def test_nothing_of_another_family_is_told(connection: Connection) -> None:
    council = found_council(connection)
    wenna, _ = told_of_two(connection, council)
    allocated(connection, council, surname="Penrose")
    assert "Penrose" not in as_json(held(connection, wenna), made_at=NOW).decode()


def test_everything_that_hangs_on_their_cases_is_told(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    person_id = connection.execute(select(CasePerson.person_id)).scalar_one()
    found = held_on(connection, person_id=person_id)
    direct = {
        table.name
        for table in all_tables()
        if "case_id" in table.columns
        and connection.execute(select(table.c.case_id).where(table.c.case_id.is_not(None)).limit(1)).first()
    }
    assert {"events", "clocks", "contacts"} <= direct
    assert direct <= found.records.keys()
    (case,) = found.cases
    events = found.records["events"]
    assert (case["reference"], len(events)) == (reference, case["version"])


def test_a_record_that_was_merged_is_told_with_the_one_that_stayed(connection: Connection) -> None:
    wenna, jory = told_of_two(connection, found_council(connection))
    kept = person_for(connection, public_id=wenna)
    table: Any = Person.__table__
    connection.execute(
        table.update().where(table.c.public_id == jory).values(merged_into_id=kept.id, phone="01326 555")
    )
    assert person_for(connection, public_id=jory).public_id == wenna
    assert len(held(connection, jory).records["people"]) == 2


def test_a_mark_is_of_a_whole_name_the_longest_first() -> None:
    marker = Marker([ThirdParty(("Ann Lee", "Ann", "Lee"), "Another child")])
    assert marker.marked("Ann  Lee met Annie, ann and J") == (
        "[third party: Ann  Lee] met Annie, [third party: ann] and J"
    )
    assert Marker([]).marked({"a": ["Ann", 1, None]}) == {"a": ["Ann", 1, None]}


def test_the_pack_shows_markup_as_it_was_typed(connection: Connection) -> None:
    wenna, _ = told_of_two(connection, found_council(connection))
    person_id = person_for(connection, public_id=wenna).id
    table: Any = Person.__table__
    connection.execute(
        table.update().where(table.c.id == person_id).values(address="<script>1</script> #let")
    )
    found = held_on(connection, person_id=person_id)
    page = as_html(found, made_at=NOW).decode()
    assert "&lt;script&gt;1&lt;/script&gt; #let" in page
    assert "<script" not in page
    assert as_pdf(found, by="tests", made_at=NOW).startswith(b"%PDF")


@pytest.mark.parametrize("by", [None, "administrator@council.example"])
def test_the_verb_writes_the_pack_and_that_it_was_made(
    installed: Run, tmp_path: Path, by: str | None
) -> None:
    installed("user", "create", "administrator@council.example", "--name", "Ada", "--role", "administrator")
    engine = connect(f"sqlite:///{tmp_path / 'instance' / 'earlyhelp.db'}")
    with transaction(engine) as connection:
        person = connection.execute(
            insert(Person)
            .values(public_id="P9001", given_name="Wenna", family_name="Tregenza", created_at=MONDAY)
            .returning(Person.id)
        ).scalar_one()
    done = installed("person", "disclose", "p9001", "-o", "pack", *(["--by", by] if by else []))
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "pack" / "data.json").read_text())
    assert (told["person"]["given_name"], told["records"]["people"][0]["id"]) == ("Wenna", person)
    assert {path.name for path in (tmp_path / "pack").iterdir()} == {"data.json", "pack.html", "pack.pdf"}
    with reading(engine) as connection:
        kept = connection.execute(select(Disclosure)).one()
        opened = connection.scalars(select(AccessEntry.what)).all()
    engine.dispose()
    assert (kept.person_id, kept.by_id is None, opened) == (person, by is None, ["disclosure"] if by else [])
    again = installed("person", "disclose", "P9001", "-o", "pack")
    assert (again.returncode, "not empty" in again.stderr) == (1, True)
    unknown = installed("person", "disclose", "NOBODY", "-o", "other")
    assert (unknown.returncode, "neither" in unknown.stderr) == (1, True)
