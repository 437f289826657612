"""Annex A is what Ofsted publishes, cell by cell, and its gaps lead to the records."""

from collections.abc import Mapping
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from earlyhelp.exporting.annex_a import write_annex_a
from earlyhelp.insight.statutory import checking
from earlyhelp.insight.statutory.annex_a import age
from earlyhelp.insight.statutory.checking import Checked, checked, gaps_of
from earlyhelp.permissions import SYSTEM, Person
from earlyhelp.records.database import reading
from tests.insight.statutory import story
from tests.insight.statutory.story import GOLDEN, NOW, ON

Told = tuple[Engine, Mapping[str, str]]
ANALYST = Person(id=99, email="analyst@council.example", name="Analyst", roles=frozenset({"analyst"}))
CHIEF = Person(id=98, email="chief@council.example", name="Chief", roles=frozenset({"service_manager"}))
WHO = ["Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Age of Child (Years)"]
HEADS = {
    "List_1": [*WHO, "Date of Contact", "Contact Source"],
    "List_2": [
        *WHO,
        "Assessment start date",
        "Assessment completion date",
        "Organisation completing assessment",
    ],
    "List_3": [
        *WHO,
        "Date of referral",
        "Referral Source",
        "Referral NFA?",
        "Number of Referrals in Last 12 Months",
        "Allocated Team",
        "Allocated Worker",
    ],
}
GENDERS = {"a) Male", "b) Female", "c) Not stated/recorded", "d) Neither"}
ETHNICITIES = {
    *("a) WBRI", "b) WIRI", "c) WIRT", "d) WOTH", "e) WROM", "f) MWBC", "g) MWBA", "h) MWAS", "i) MOTH"),
    *("j) AIND", "k) APKN", "l) ABAN", "m) AOTH", "n) BCRB", "o) BAFR", "p) BOTH", "q) CHNE", "r) OOTH"),
    *("s) REFU", "s) NOBT"),
}
SOURCES = {
    *("a) 1A: Individual", "b) 1B: Individual", "c) 1C: Individual", "d) 1D: Individual", "e) 2A: Schools"),
    *("f) 2B: Education services", "g) 3A: Health services", "h) 3B: Health services"),
    *("i) 3C: Health services", "j) 3D: Health services", "k) 3E: Health services"),
    *("l) 3F: Health services", "m) 4: Housing", "n) 5A: LA services", "o) 5B: LA services"),
    *("p) 5C: LA services", "p1) 5D: LA services", "q) 6: Police", "r) 7: Other legal agency"),
    *("s) 8: Other", "t) 9: Anonymous", "u) 10: Unknown"),
}
CODES = {
    "Gender": GENDERS,
    "Ethnicity": ETHNICITIES,
    "Contact Source": SOURCES,
    "Referral Source": SOURCES,
    "Referral NFA?": {"a) Yes", "b) No"},
}
WHOLE_NUMBERS = {"Age of Child (Years)", "Number of Referrals in Last 12 Months"}


def lists(engine: Engine, *, on: date = ON, asker: Person = SYSTEM) -> list[Checked]:
    with reading(engine) as connection:
        return checked(connection, on=on, asker=asker, now=NOW)


def cells(file: Any) -> dict[str, list[list[tuple[Any, str, str]]]]:
    """Value, type and format of every cell, as an independent reader finds them."""
    return {
        sheet.title: [[(cell.value, cell.data_type, cell.number_format) for cell in row] for row in sheet]
        for sheet in load_workbook(file)
    }


def test_the_workbook_is_the_golden_one(engine: Engine) -> None:
    story.lived(engine)
    made = BytesIO()
    write_annex_a(lists(engine), made)
    assert cells(made) == cells(GOLDEN)


def test_every_cell_has_its_published_name_type_and_code() -> None:
    book = cells(GOLDEN)
    assert {sheet: [cell[0] for cell in rows[0]] for sheet, rows in book.items()} == HEADS
    for sheet, rows in book.items():
        for row in rows[1:]:
            for name, (value, kind, written) in zip(HEADS[sheet], row, strict=True):
                if "date" in name.lower() and value is not None:
                    assert (kind, written) == ("d", "dd/mm/yyyy"), name
                    assert isinstance(value, datetime)
                elif name in WHOLE_NUMBERS and value is not None:
                    assert kind == "n"
                    assert isinstance(value, int)
                elif name in CODES:
                    assert value in CODES[name]
                elif name == "Child Unique ID":
                    assert value.isalnum()
                    assert len(value) <= 20


def test_what_is_missing_is_told_with_the_row_and_the_record(told: Told) -> None:
    engine, cases = told
    found = lists(engine)
    assert [each.counted() for each in found] == [
        {"birth": 2, "ethnicity": 1, "source": 1},
        {"ethnicity": 1, "organisation": 1},
        {"birth": 2, "ethnicity": 1, "answer": 3},
    ]
    unled = next(one for one in found[1].found if one.key == "organisation")
    assert unled.reference == cases["stepped down"]
    assert found[1].rows[unled.sheet_row - 2][0] == unled.child


def test_a_list_of_gaps_goes_on_after_the_last_of_a_page(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, cases = told
    monkeypatch.setattr(checking, "PAGE", 2)
    with reading(engine) as connection:
        asked = {"on": ON, "asker": SYSTEM, "now": NOW}
        first = gaps_of(connection, 3, "answer", **asked)
        rest = gaps_of(connection, 3, "answer", **asked, after=first[1].place)
    assert len(first) == 3
    assert [one.child for one in rest] == [first[2].child]
    assert {one.reference for one in first} == {cases["siblings"]}


def test_restricted_records_are_left_out_for_who_may_not_open_them(told: Told) -> None:
    engine, cases = told
    for asker in (ANALYST, CHIEF):
        found = lists(engine, asker=asker)
        assert [each.left_out for each in found] == [1, 1, 0]
        assert cases["restricted"] not in {one.reference for each in found for one in each.found}
    assert [len(each.rows) for each in lists(engine)] == [6, 6, 5]


def test_an_earlier_day_is_told_as_it_stood_then(told: Told) -> None:
    engine, _ = told
    contacts, helped, referrals = lists(engine, on=date(2026, 3, 10))
    assert len(contacts.rows) == 5
    assert [row[6] for row in helped.rows] == [date(2026, 1, 21), None, None, None]
    (asked,) = referrals.rows
    assert (asked[7], asked[8], asked[9]) == ("b) No", 0, None)


def test_ages_are_those_at_the_last_birthday() -> None:
    def on(day: date, born: date | None, expected: date | None = None) -> int | None:
        child = type("Child", (), {"date_of_birth": born, "expected_birth_on": expected})
        return age(checking.Row(child, day, checking.Codes({}, {}, {})))

    leap = date(2016, 2, 29)
    assert [on(date(2025, 2, 28), leap), on(date(2025, 3, 1), leap)] == [8, 9]
    assert on(date(2026, 9, 1), date(2026, 9, 2)) == -1
    assert on(date(2026, 9, 2), date(2026, 9, 2)) == 0
    assert on(date(2026, 9, 1), None, date(2026, 10, 1)) == -1
    assert on(date(2026, 9, 1), None) is None
