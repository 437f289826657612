"""The Standard Safeguarding Dataset: published names, types and codes; keys that join; what the rows tell."""

import csv
import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine

from earlyhelp.exporting.document import document
from earlyhelp.exporting.ssd import export_ssd
from earlyhelp.insight.statutory.ssd_fields import whole_until
from earlyhelp.insight.statutory.ssd_staff import previous_30_september
from earlyhelp.insight.statutory.ssd_work import without_gaps
from earlyhelp.records.database import reading
from tests.insight.statutory import story

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "standards.md"
Told = tuple[Engine, Mapping[str, str]]
Tables = dict[str, list[dict[str, str]]]
CODES = {
    "pers_sex": {"M", "F", "U"},
    "pers_gender": {"00", "01", "02", "09"},
    "disa_disability_code": {
        "NONE",
        "MOB",
        "HAND",
        "PC",
        "INC",
        "COMM",
        "LD",
        "HEAR",
        "VIS",
        "BEH",
        "CON",
        "AUT",
        "DDA",
    },
    "addr_address_type": {"Primary Address"},
    "cine_referral_nfa": {"Y", "N", ""},
    "invo_worker_change_reason": {"FCONTA", "OTHERS"},
    "link_identifier_type": {"NHS Number", "Unique Pupil Number", "Case Number"},
    "cine_cin_primary_need_code": {"N3"},
}
FLAGS_OF_A_CONTACT = [
    "NEW_REFERRAL_FLAG",
    "EXISTING_REFERRAL_FLAG",
    "CP_ENQUIRY_FLAG",
    "NFA_FLAG",
    "NON_AGENCY_ADOPTION_FLAG",
    "PRIVATE_FOSTERING_FLAG",
    "ADVICE_FLAG",
    "MISSING_FLAG",
    "OLA_CP_FLAG",
    "OTHER_OUTCOMES_EXIST_FLAG",
]


def published() -> dict[str, list[dict[str, str]]]:
    tables = defaultdict(list)
    with (HERE / "published_ssd.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            tables[row["table"]].append(row)
    return tables


def exported(engine: Engine, folder: Path) -> Tables:
    with reading(engine) as connection:
        whole = whole_until(
            connection,
            now=story.NOW,
            needs={"N3": "Parental illness", "N5": "Family dysfunction"},
            lead_title="Lead professional",
        )
        export_ssd(connection, folder, whole)
    return read(folder)


def read(folder: Path) -> Tables:
    tables = {}
    for path in folder.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            tables[path.stem] = list(csv.DictReader(file))
    return tables


@pytest.fixture(scope="module")
def tables(told: Told, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return exported(told[0], tmp_path_factory.mktemp("ssd"))


def fits(value: str, type_: str) -> bool:
    if value == "":
        return True
    if type_ == "datetime":
        return datetime.fromisoformat(value).isoformat() == value
    if type_ in {"int", "float"}:
        return float(value) >= 0
    longest = type_.partition("(")[2].rstrip(")")
    return longest == "MAX" or len(value) <= int(longest)


def test_names_types_and_keys_are_the_published_ones(engine: Engine, tmp_path: Path) -> None:
    story.lived(engine)
    tables = exported(engine, tmp_path)
    assert tables.keys() == published().keys()
    for name, fields in published().items():
        rows = tables[name]
        assert rows, name
        assert list(rows[0]) == [field["field"] for field in fields]
        for field in fields:
            values = [row[field["field"]] for row in rows]
            assert all(fits(value, field["type"]) for value in values), field
            if field["key"] == "PK":
                assert len(set(values)) == len(values), field
            if field["required"] == "Y" or field["key"] == "PK":
                assert all(values), field
            if "." in field["key"]:
                parent, key = field["key"].split(".")
                assert set(values) - {""} <= {row[key] for row in tables[parent]}, field


def test_codes_are_the_published_ones(tables: Tables) -> None:
    for name, codes in CODES.items():
        found = {row[name] for rows in tables.values() for row in rows if name in row}
        assert found <= codes, name
        assert found, name
    for row in tables["ssd_contacts"]:
        outcome = json.loads(row["cont_contact_outcome_json"])
        assert list(outcome) == FLAGS_OF_A_CONTACT
        assert set(outcome.values()) <= {"Y", ""}


def test_a_person_has_either_a_date_of_birth_or_an_expected_one(tables: Tables) -> None:
    told = {row["pers_forename"]: row for row in tables["ssd_person"]}
    wenna, unborn, morwenna = told["Wenna"], told[""], told["Morwenna"]
    assert (wenna["pers_dob"], wenna["pers_expected_dob"]) == ("2016-02-29T00:00:00", "")
    assert (wenna["pers_sex"], wenna["pers_gender"], wenna["pers_upn"]) == ("F", "02", "B801200005001")
    assert wenna["pers_single_unique_id"] == "9434765919"
    assert (unborn["pers_dob"], unborn["pers_expected_dob"]) == ("", "2026-10-01T00:00:00")
    assert (unborn["pers_sex"], unborn["pers_gender"]) == ("U", "00")
    assert (morwenna["pers_sex"], morwenna["pers_gender"]) == ("U", "09")
    assert "'=Jago" in told


def test_an_address_keeps_every_key_and_no_space_in_the_postcode(tables: Tables) -> None:
    (row,) = tables["ssd_address"][:1]
    address = json.loads(row["addr_address_json"])
    assert row["addr_address_postcode"] == "WS11TP"
    assert address["STREET"] == "1 =Quay, “Lower” Street"
    assert address["UPRN"] == "100071234567"
    assert len(address) == 10


def test_each_disability_has_a_row_of_its_own(tables: Tables) -> None:
    names = {row["pers_person_id"]: row["pers_forename"] for row in tables["ssd_person"]}
    told = [(names[row["disa_person_id"]], row["disa_disability_code"]) for row in tables["ssd_disability"]]
    assert told == [
        ("Wenna", "NONE"),
        ("'=Jago", "AUT"),
        ("'=Jago", "LD"),
        ("Cador", "AUT"),
        ("Cador", "LD"),
        ("Later", "NONE"),
    ]


def test_early_help_is_told_by_child_with_who_leads(told: Told, tables: Tables) -> None:
    _, cases = told
    rows = [r for r in tables["ssd_early_help_episodes"] if r["earl_episode_id"].startswith(cases["before"])]
    (row,) = rows
    assert (row["earl_episode_start_date"], row["earl_episode_end_date"]) == ("2026-01-05T00:00:00", "")
    assert row["earl_episode_reason"] == "Family dysfunction; Parental illness"
    assert row["earl_episode_organisation"] == "Quay School"
    (lead,) = [
        p for p in tables["ssd_professionals"] if p["prof_professional_id"] == row["earl_episode_worker_id"]
    ]
    assert lead["prof_professional_name"] == "Lead"


def test_a_referral_that_was_returned_is_one_without_further_action(told: Told, tables: Tables) -> None:
    _, cases = told
    rows = {row["cine_referral_id"].rsplit("-", 2)[0]: row for row in tables["ssd_cin_episodes"]}
    returned, accepted = rows[cases["returned"]], rows[cases["accepted"]]
    assert (returned["cine_referral_nfa"], returned["cine_close_date"]) == ("Y", "2026-03-11T00:00:00")
    assert json.loads(returned["cine_referral_outcome_json"])["NFA_FLAG"] == "Y"
    assert (accepted["cine_referral_nfa"], accepted["cine_close_date"]) == ("N", "")
    assert rows[cases["siblings"]]["cine_referral_source_code"] == "5D"


def test_early_help_without_a_gap_is_one_episode() -> None:
    def spell(begins: int, ends: int | None) -> SimpleNamespace:
        return SimpleNamespace(day=date(2026, 3, begins), ended_on=date(2026, 3, ends) if ends else None)

    first, within, next_day, later, still = (
        spell(1, 9),
        spell(2, 4),
        spell(10, 12),
        spell(14, None),
        spell(20, 21),
    )
    found = list(without_gaps([first, within, next_day, later, still]))
    assert found == [[first, within, next_day], [later, still]]


def test_caseloads_are_those_of_the_last_30_september() -> None:
    assert previous_30_september(date(2026, 9, 30)) == date(2026, 9, 30)
    assert previous_30_september(date(2026, 9, 29)) == date(2025, 9, 30)


def test_the_page_of_lists_is_made_from_the_definitions() -> None:
    assert PAGE.read_text() == document(), "run earlyhelp.exporting.document and keep what it says"
