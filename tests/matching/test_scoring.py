"""Who is recognised, who is never taken for somebody else, and that the reasons say why."""

from dataclasses import replace
from datetime import date

import pytest

from earlyhelp.matching.births import nearness
from earlyhelp.matching.described import Described
from earlyhelp.matching.keys import sought_keys, stored_keys
from earlyhelp.matching.likeness import Likeness, likeness_of_family, likeness_of_given
from earlyhelp.matching.scoring import Match, Strength, compare

BORN = date(2018, 4, 3)
KNOWN = Described(
    given_name="William",
    family_name="O'Neil-Smith",
    date_of_birth=BORN,
    gender="male",
    postcode="WS1 1TP",
    address="4 High Street, Walsall",
    nhs_number="9434765919",
    upn="B801200005001",
)
MOVED = replace(KNOWN, postcode="WV3 9QX", address="18 Elm Road", nhs_number="", upn="")


def matched(typed: Described, known: Described = KNOWN) -> Match:
    """The match; it must be found by a key too, or nobody would ever be asked."""
    found = compare(typed, known)
    assert found is not None
    assert sought_keys(typed) & stored_keys(known)
    return found


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"given_name": "Bill"}, "another form of the first name"),
        ({"given_name": "Willaim"}, "first name is written or sounds alike"),
        ({"given_name": "WILLIAM", "family_name": "ONEIL SMITH"}, "same surname"),
        ({"family_name": "Smith"}, "part of the surname is the same"),
        ({"family_name": "O’Neill Smith"}, "part of the surname is the same"),
        ({"given_name": "O'Neil-Smith", "family_name": "William"}, "first name and surname changed over"),
        ({"given_name": "William James"}, "part of the first name is the same"),
        ({"date_of_birth": date(2018, 3, 4), "postcode": ""}, "day and month of birth the other way round"),
        (
            {"date_of_birth": date(2018, 4, 8), "postcode": "WS1 1TP"},
            "one digit of the date of birth differs",
        ),
    ],
)
def test_a_child_typed_otherwise_is_likely_and_the_reason_says_why(
    change: dict[str, object], reason: str
) -> None:
    found = matched(replace(MOVED, **change))
    assert found.strength is Strength.LIKELY
    assert reason in found.reasons


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("Łukasz", "Lukasz"),
        ("Жанна", "Zhanna"),
        ("Øyvind", "Oyvind"),
        ("Zoë", "Zoe"),
        ("Anne-Marie", "Annemarie"),
    ],
)
def test_letters_of_another_alphabet_are_no_difference(typed: str, known: str) -> None:
    assert likeness_of_given(typed, known) is Likeness.SAME


@pytest.mark.parametrize(
    "change",
    [
        {"given_name": "Harry", "nhs_number": "", "upn": ""},
        {"given_name": "Emma", "gender": "female", "nhs_number": "", "upn": ""},
        {"given_name": "Harry", "nhs_number": "9434765870", "upn": ""},
        {"given_name": "Harry", "date_of_birth": date(2020, 7, 1), "nhs_number": "", "upn": ""},
        {"date_of_birth": date(1988, 4, 3), "nhs_number": "", "upn": ""},
        {"date_of_birth": date(2008, 4, 3), "nhs_number": "", "upn": ""},
    ],
    ids=[
        "twin brother",
        "twin sister",
        "twin with a number",
        "sibling",
        "father of the same name",
        "ten years",
    ],
)
def test_one_family_is_not_one_person(change: dict[str, object]) -> None:
    assert compare(replace(KNOWN, **change), KNOWN) is None


@pytest.mark.parametrize("pair", [("Emily", "Emilia"), ("Mia", "Mya"), ("Jack", "Zack"), ("Harry", "Barry")])
def test_two_well_known_names_are_different_however_alike(pair: tuple[str, str]) -> None:
    assert likeness_of_given(*pair) is Likeness.DIFFERENT


def test_a_number_is_certain_only_with_the_birth_date_and_the_name() -> None:
    only_number = replace(MOVED, nhs_number=KNOWN.nhs_number, family_name="Brown")
    assert matched(only_number).strength is Strength.CERTAIN
    assert "NHS number is the same" in matched(only_number).reasons
    for change in ({"given_name": "Harry"}, {"date_of_birth": date(2011, 9, 30)}, {"date_of_birth": None}):
        found = matched(replace(only_number, **change))
        assert found.strength < Strength.CERTAIN
    twin = matched(replace(KNOWN, given_name="Harry"))
    assert twin.strength is Strength.POSSIBLE
    assert "but the first names differ" in twin.reasons


def test_exact_names_birth_date_and_postcode_are_certain_unless_a_number_contradicts() -> None:
    exact = replace(KNOWN, nhs_number="", upn="")
    assert matched(exact).strength is Strength.CERTAIN
    contradicted = compare(replace(exact, nhs_number="9434765870"), KNOWN)
    assert contradicted is None or contradicted.strength < Strength.CERTAIN
    assert matched(replace(exact, given_name="Bill")).strength is Strength.LIKELY


def test_without_a_birth_date_or_a_first_name_nobody_is_likely() -> None:
    home = replace(KNOWN, nhs_number="", upn="")
    for change in ({"date_of_birth": None}, {"given_name": ""}):
        assert matched(replace(home, **change)).strength is Strength.POSSIBLE


def test_a_slip_in_the_birth_date_at_another_address_is_only_possible() -> None:
    assert matched(replace(MOVED, date_of_birth=date(2018, 4, 8))).strength is Strength.POSSIBLE


@pytest.mark.parametrize(
    ("other", "how"),
    [
        (date(2018, 4, 3), "same"),
        (date(2018, 3, 4), "swapped"),
        (date(2018, 4, 30), "one_digit"),
        (date(2019, 4, 3), "year_off"),
        (date(2008, 4, 3), "different"),
        (date(2018, 5, 7), "different"),
    ],
)
def test_birth_dates_are_near_in_the_ways_in_which_people_slip(other: date, how: str) -> None:
    assert nearness(BORN, other) == how


def test_nothing_typed_has_no_key_and_no_match() -> None:
    assert compare(Described(), KNOWN) is None
    hostile = Described(given_name="\u202e😀" * 50, family_name="'; DROP TABLE--")
    assert likeness_of_family(hostile.family_name, "Smith") is Likeness.DIFFERENT
    assert stored_keys(hostile)
