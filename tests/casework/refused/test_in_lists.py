"""Lists, maps, forms and exports from elsewhere: what is wrong in them is told, and nothing of them is taken."""

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from earlyhelp.casework.contacts import read_contact, written_uprn
from earlyhelp.casework.directory_import import key_of
from earlyhelp.casework.forms import publish_form
from earlyhelp.casework.import_candidates import placed
from earlyhelp.casework.import_mapping import LONGEST_MAP, MapRefused, load_map
from earlyhelp.casework.pathways import VersionTaken
from earlyhelp.pathway.facts import BadFields
from earlyhelp.pathway.faults import PathwayError
from earlyhelp.pathway.loading import folder_library
from earlyhelp.places import workflows
from earlyhelp.questionnaires.folders import faults_of_file, sound_forms, sound_pathway
from earlyhelp.records.assessments import PublishedForm
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.people import Person
from tests.casework import test_importing
from tests.casework.drafted import shipped_form
from tests.casework.test_importing import (
    COLUMNS,
    HELPED,
    PAST,
    WENNA,
    as_csv,
    faults_of,
    imported,
    in_the_past,
)
from tests.casework.watched_cases import MONDAY, council_in
from tests.cli.test_exports import exported, refused

TODAY = MONDAY.date()


@pytest.fixture
def council(engine: Engine) -> None:
    council_in(engine)


def test_a_list_tells_when_a_contact_came_and_never_of_tomorrow(
    engine: Engine, council: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = in_the_past(WENNA, "16/03/2026")
    to_come = in_the_past(WENNA, "16/03/2026 23:30")
    (fault,) = faults_of(engine, as_csv([COLUMNS, to_come]))
    assert (fault.column, fault.words) == (
        "Date of Contact",
        "The contact must not be received in the future",
    )
    (fault,) = faults_of(engine, as_csv([["Colour", "Shape"], ["red", "round"]]))
    assert fault.words == "No column of this sheet is known"
    before_the_office_opens = datetime(2026, 3, 16, 5, tzinfo=UTC)
    monkeypatch.setattr(test_importing, "NOW", before_the_office_opens)
    assert imported(engine, as_csv([COLUMNS, today])).contacts == 1
    with reading(engine) as connection:
        assert connection.scalar(select(Case.opened_at)) == before_the_office_opens


def test_a_decision_without_its_day_is_told(engine: Engine, council: None) -> None:
    row = in_the_past(WENNA, "02/01/2025") + HELPED
    row[PAST.index("Decision date")] = ""
    (fault,) = faults_of(engine, as_csv([PAST, row]), historical=True)
    assert (fault.column, fault.words) == ("Decision date", "Say when it was decided")


def test_a_whole_name_is_cut_as_it_is_written(engine: Engine, council: None) -> None:
    names = [name for name in COLUMNS if name not in {"First name", "Surname"}]
    rows = [[*names, "Full name"]]
    for number, name in enumerate(("TREGENZA, Wenna Mary", "Jory Pascoe", "Madonna")):
        cells = dict(zip(COLUMNS, WENNA, strict=True)) | {"Contact ID": f"C{number}", "NHS Number": ""}
        rows.append([*(cells[column] for column in names), name])
    text = '[columns]\n"Full name" = "full_name"\n'
    told = load_map(text.encode())
    assert imported(engine, as_csv(rows), told=told).contacts == 3
    with reading(engine) as connection:
        people = connection.execute(select(Person.given_name, Person.family_name).order_by(Person.id)).all()
    assert [tuple(one) for one in people] == [
        ("Wenna Mary", "TREGENZA"),
        ("Jory", "Pascoe"),
        ("", "Madonna"),
    ]


def test_a_fault_of_a_contact_is_told_at_its_child_its_adult_or_its_referrer() -> None:
    assert placed("children.2.upn") == (2, "upn")
    assert placed("children") == (0, "children")
    assert placed("adults.1.phone") == (0, "adult_phone")
    assert placed("referrer.email") == (0, "referrer_email")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#" * (LONGEST_MAP + 1), "larger than a map may be"),
        ("values = 1", "values must be a table"),
        ("system = 1", "system must be a text"),
    ],
    ids=["large", "values", "system"],
)
def test_a_map_that_is_none_is_refused(text: str, words: str) -> None:
    with pytest.raises(MapRefused, match=words):
        load_map(text.encode())


def test_details_that_contradict_each_other_or_are_no_codes_are_told() -> None:
    wenna = {"given_name": "Wenna"}
    children = [
        {**wenna, "disabilities": ["PURPLE"]},
        {**wenna, "disabilities": ["NONE"], "disabled": True},
        {**wenna, "uprn": "one"},
    ]
    with pytest.raises(BadFields) as refused:
        read_contact(children, None, today=TODAY)
    told = {name: words[0] for name, words in refused.value.errors.items()}
    assert told["children.0.disabilities"].startswith("Must be of the national codes: ")
    assert told["children.1.disabled"] == "This and the disabilities chosen contradict each other"
    assert told["children.2.uprn"] == "Must be a UPRN: up to 12 digits"
    (child,) = read_contact(
        [{**wenna, "uprn": " ", "nhs_number": " ", "upn": " "}], None, today=TODAY
    ).children
    assert (child.uprn, child.nhs_number, child.upn) == (None, None, None)
    assert written_uprn("000 100") == "100"


def test_a_publishers_id_is_the_key_of_a_service_only_where_it_can_be_one() -> None:
    assert key_of("breakfast-club") == "breakfast-club"
    assert key_of("Breakfast Club") != key_of("breakfast club")
    assert key_of("Breakfast Club").startswith("oruk-")


def test_a_published_form_is_never_changed_under_its_version(engine: Engine) -> None:
    form = shipped_form()
    with transaction(engine) as connection:
        first = publish_form(connection, form, now=MONDAY)
        assert publish_form(connection, form, now=MONDAY) == first
        with pytest.raises(VersionTaken, match="is published with other content"):
            publish_form(connection, form.model_copy(update={"title": "Another"}), now=MONDAY)
        assert connection.scalars(select(PublishedForm.title)).all() == [form.title]


def test_the_faults_of_a_form_stop_the_forms_and_the_pathway_that_names_it(tmp_path: Path) -> None:
    shipped = shutil.copytree(workflows(), tmp_path / "workflows")
    form = shipped / "forms" / "early_help_assessment.toml"
    assert faults_of_file(form, shipped) == []
    pathway = shipped / "standard.toml"
    sound = pathway.read_text()
    pathway.write_text(
        sound.replace("[actions.close_case]", '[actions.close_case]\nform = "early_help_assessment"')
    )
    with pytest.raises(PathwayError) as broken:
        sound_pathway(pathway, shipped)
    assert [fault.problem for fault in broken.value.faults] == [
        "an action of kind closing is not taken with a form"
    ]
    pathway.write_text(sound)
    form.write_text(form.read_text().replace("title =", "titel =", 1))
    assert faults_of_file(form, shipped)
    with pytest.raises(PathwayError):
        sound_forms([shipped], library=folder_library(shipped))
    with pytest.raises(PathwayError):
        sound_pathway(pathway, shipped)


def changed(folder: Path, name: str, content: bytes, rows: int) -> None:
    """As if this had been exported: the manifest vouches for it."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    told = {"rows": rows, "sha256": hashlib.sha256(content).hexdigest()}
    manifest["tables"][name.removesuffix(".csv")] |= told
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_an_export_that_does_not_fit_the_tables_is_refused_whole(
    engine: Engine, council: None, tmp_path: Path, sqlite_url: Callable[[], str]
) -> None:
    folder = exported(engine, tmp_path / "export")
    teams = (folder / "teams.csv").read_bytes()
    rows = json.loads((folder / "manifest.json").read_text())["tables"]["teams"]["rows"]
    changed(folder, "teams.csv", teams, rows + 1)
    assert f"teams.csv has {rows} rows, {rows + 1} were exported" in refused(folder, sqlite_url())
    changed(folder, "teams.csv", teams.replace(b"name", b"title", 1), rows)
    assert "teams.csv has other columns than the table" in refused(folder, sqlite_url())
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["tables"]["horses"] = manifest["tables"]["teams"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert "a table that is not known here: horses" in refused(folder, sqlite_url())
