"""References that people say on the phone: no two alike, and a slip of the tongue or pen is noticed."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import Connection, Engine

from earlyhelp.records.database import transaction
from earlyhelp.records.identifiers import (
    ALPHABET,
    SPACE,
    case_reference,
    family_public_id,
    next_number,
    parse_reference,
    person_public_id,
)

numbers = st.integers(min_value=0, max_value=SPACE - 1)


@given(numbers)
def test_a_reference_is_short_and_sayable(number: int) -> None:
    assert re.fullmatch(rf"EH-[{ALPHABET}]{{3}}-[{ALPHABET}]{{4}}", case_reference(number))


@pytest.mark.parametrize("pair", ["0O", "1I", "1L", "IL", "2Z", "5S", "UV", "MN"])
def test_of_two_letters_that_are_taken_for_each_other_one_is_left_out(pair: str) -> None:
    assert len(set(pair) & set(ALPHABET)) <= 1


def test_no_reference_makes_a_word() -> None:
    assert not set(ALPHABET) & set("AEIOUY")


@given(st.lists(numbers, min_size=2, max_size=2, unique=True))
def test_two_numbers_never_share_a_reference(pair: list[int]) -> None:
    first, second = (case_reference(number) for number in pair)
    assert first[:-1] != second[:-1]


def test_every_number_has_a_reference_and_none_beyond() -> None:
    assert case_reference(0) != case_reference(SPACE - 1)
    for beyond in (-1, SPACE):
        with pytest.raises(ValueError, match="exhausted"):
            case_reference(beyond)


def test_cases_that_follow_each_other_do_not_look_so() -> None:
    references = [case_reference(number) for number in range(1, 200)]
    assert references != sorted(references)
    alike = [
        sum(left == right for left, right in zip(one[3:], other[3:], strict=True))
        for one, other in pairwise(references)
    ]
    assert max(alike) <= 4  # of eight, one of which is the hyphen


@given(numbers, st.data())
def test_any_one_wrong_character_is_noticed(number: int, data: st.DataObject) -> None:
    letters = list(case_reference(number))
    place = data.draw(st.sampled_from([3, 4, 5, 7, 8, 9, 10]))
    letters[place] = data.draw(st.sampled_from(ALPHABET).filter(lambda letter: letter != letters[place]))
    assert parse_reference("".join(letters)) is None


@given(numbers, st.integers(min_value=0, max_value=5))
def test_any_two_neighbours_swapped_are_noticed(number: int, place: int) -> None:
    letters = list(case_reference(number).replace("-", "")[2:])
    swapped = letters.copy()
    swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
    noticed = parse_reference("".join(swapped)) is None
    assert noticed or swapped == letters


@given(numbers)
@pytest.mark.parametrize(
    "typed",
    [
        lambda reference: reference,
        lambda reference: reference.lower(),
        lambda reference: reference.replace("-", ""),
        lambda reference: reference.replace("-", " "),
        lambda reference: reference.replace("-", " – "),
        lambda reference: reference.replace("-", "\N{NON-BREAKING HYPHEN}"),
        lambda reference: reference.removeprefix("EH-"),
        lambda reference: f"  {reference}\n",
    ],
)
def test_a_reference_is_understood_however_it_is_typed(typed: Callable[[str], str], number: int) -> None:
    reference = case_reference(number)
    assert parse_reference(typed(reference)) == reference


@given(st.text(max_size=60))
def test_whatever_is_typed_gives_a_reference_or_none(text: str) -> None:
    found = parse_reference(text)
    assert found is None or parse_reference(found) == found


@pytest.mark.parametrize("text", ["", "EH", "EH-", "EH-222-222", "EH-222-22222"])
def test_what_is_too_short_or_too_long_is_no_reference(text: str) -> None:
    assert parse_reference(text) is None


def test_words_after_a_reference_are_not_passed_over() -> None:
    assert parse_reference(case_reference(1) + " " * 40 + "2") is None


@given(st.lists(numbers, min_size=2, max_size=2, unique=True))
def test_a_persons_id_is_twenty_letters_and_digits_at_most_and_their_own(pair: list[int]) -> None:
    first, second = (person_public_id(number) for number in pair)
    assert re.fullmatch(r"P[0-9A-Z]{1,19}", first)
    assert first != second
    assert family_public_id(pair[0]) not in {first, second}


def test_numbers_of_one_name_follow_each_other(connection: Connection) -> None:
    assert [next_number(connection, "case") for _ in range(3)] == [1, 2, 3]
    assert next_number(connection, "person") == 1


def test_numbers_asked_for_at_once_are_all_different(fresh_engine: Engine) -> None:
    def ask(_turn: int) -> list[int]:
        given = []
        for _ in range(25):
            with transaction(fresh_engine) as connection:
                given.append(next_number(connection, "case"))
        return given

    with ThreadPoolExecutor(4) as pool:
        numbers = [number for given in pool.map(ask, range(4)) for number in given]
    assert sorted(numbers) == list(range(1, 101))
