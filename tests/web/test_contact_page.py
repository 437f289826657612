"""Recording a contact on the page: whatever is posted is saved or answered, never a server error."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

PAGE = "/front-door/contacts/new"
CONTACT = {
    "source": "1A",
    "channel": "telephone",
    "referrer-name": "Mr Jones",
    "children-0-given_name": "Ann",
    "children-0-family_name": "O'Neil",
    "children-0-date_of_birth-day": "3",
    "children-0-date_of_birth-month": "March",
    "children-0-date_of_birth-year": "2019",
    "children-0-gender": "female",
    "children-0-ethnicity": "WBRI",
    "presenting_needs": ["1A"],
    "worries": "<script>alert(1)</script>",
    "strengths": "Grandmother helps",
    "agreement": "given",
}


def test_a_contact_is_recorded_and_its_words_are_never_markup(screener: FlaskClient) -> None:
    needs = re.findall(r'name="presenting_needs"[^>]*value="([^"]+)"', screener.get(PAGE).text)
    saved = screener.post(PAGE, data=CONTACT | {"presenting_needs": needs[:2]})
    assert saved.status_code == 302, re.findall(r"error-summary__list.*?</ul>", saved.text, re.DOTALL)
    page = screener.get(saved.location).text
    assert "Ann O&#39;Neil</strong>, 7 years" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"children-²-given_name": "x"},
        {f"children-{'9' * 5000}-given_name": "x"},
        {"children": "x", "referrer": "y", "children-": "z"},
        {"children-0-date_of_birth-day": "²", "children-0-date_of_birth-month": "1"},
        {"occurred_at-day": "31", "occurred_at-month": "12", "occurred_at-year": "9999"},
        {"occurred_at-time": "10:00"},
        {"presenting_needs": ["no such", "code"], "agreement": "\x00", "source": "😀"},
        {"children-0-given_name": "a\x00b", "children-0-nhs_number": "²²²", "children-0-gender": "x"},
    ],
    ids=lambda typed: next(iter(typed), "nothing")[:30],
)
def test_a_malformed_post_is_answered_with_words(typed: dict[str, Any], screener: FlaskClient) -> None:
    answer = screener.post(PAGE, data=typed)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "<title>Error: " in re.sub(r">\s+", ">", answer.text)
    assert "Not a valid choice" not in answer.text


def test_another_child_is_added_without_losing_what_was_typed(screener: FlaskClient) -> None:
    page = screener.post(PAGE, data=CONTACT | {"do_add_child": "1"})
    assert page.status_code == 200
    assert 'name="children-1-given_name"' in page.text
    assert 'value="O&#39;Neil"' in page.text
    assert 'value="March"' in page.text
    assert "There is a problem" not in page.text


def test_a_thirty_first_child_is_not_offered_and_nothing_breaks(screener: FlaskClient) -> None:
    children = {f"children-{n}-given_name": f"Child {n}" for n in range(30)}
    page = screener.post(PAGE, data={**children, "do_add_child": "1"})
    assert page.status_code == 200
    assert "children-29-given_name" in page.text
    assert "children-30-given_name" not in page.text


def test_errors_stand_in_the_order_of_the_page(screener: FlaskClient) -> None:
    page = screener.post(PAGE, data={}).text
    linked = re.findall(
        r'href="#([a-z_0-9-]+)"', page.partition("govuk-error-summary__list")[2].partition("</ul>")[0]
    )
    places = [re.search(rf'\bid="{box}"', page).start() for box in linked]  # type: ignore[union-attr]
    assert len(linked) >= 4
    assert places == sorted(places)


def test_a_name_in_the_header_is_never_markup(screener: FlaskClient) -> None:
    assert "<strong>Ann &lt;b&gt;</strong>" in screener.get("/front-door").text
