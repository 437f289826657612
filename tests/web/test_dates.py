"""Dates and moments typed into boxes: read, or answered in plain words, never an exception."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, strategies as st
from werkzeug.datastructures import MultiDict
from wtforms import Form

from earlyhelp.web.forms.dates import DateParts, Misread, MomentParts, read_time
from tests.web.conftest import NOW

BOXES = ("day", "month", "year")


class Asked(Form):
    on = DateParts("Date of birth (optional)")
    at = MomentParts("When did this happen?")


def posted(**typed: str) -> Asked:
    return Asked(MultiDict({name.replace("_", "-"): text for name, text in typed.items()} | {"sent": "1"}))


@pytest.mark.parametrize("month", ["3", "03", "March", "mar"])
def test_a_date_is_read_with_its_month_as_number_or_name(month: str) -> None:
    assert posted(on_day="7", on_month=month, on_year="2019").on.value == "2019-03-07"


@pytest.mark.parametrize(
    ("typed", "words", "box"),
    [
        (("31", "2", "2019"), "Date of birth: enter a real date, like 27 3 2026", "on-day"),
        (("3", "13", "2019"), "Date of birth: enter a real date, like 27 3 2026", "on-month"),
        (("3", "", "2019"), "Date of birth: enter the month too", "on-month"),
        (("3", "", ""), "Date of birth: enter the month and year too", "on-month"),
        (("3", "3", "19"), "Date of birth: enter a year in four digits, from 1900 to 2059", "on-year"),
        (("²", "3", "2019"), "Date of birth: enter a real date, like 27 3 2026", "on-day"),
        (("3", "3", "9" * 5000), "Date of birth: enter a year in four digits, from 1900 to 2059", "on-year"),
    ],
)
def test_a_wrong_date_says_what_to_change_and_leads_to_the_box(
    typed: tuple[str, ...], words: str, box: str
) -> None:
    field = posted(**dict(zip(("on_day", "on_month", "on_year"), typed, strict=True))).on
    assert field.process_errors == [words]
    assert field.focus_id == box
    assert tuple(field.typed.values()) == typed
    assert field.value == ""


def test_empty_boxes_are_no_answer_and_no_fault() -> None:
    form = posted(on_day=" ")
    assert (form.on.value, form.on.process_errors, form.on.focus_id) == ("", [], "on-day")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("14:30", time(14, 30)),
        ("14.30", time(14, 30)),
        ("2:30 PM", time(14, 30)),
        ("9am", time(9)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("midday", time(12)),
        ("midnight", time(0)),
        ("", time(12)),
    ],
)
def test_a_time_is_read_as_people_type_it(text: str, read: time) -> None:
    assert read_time(text) == read


@pytest.mark.parametrize(
    "text", ["25:00", "13pm", "0am", "14:60", "pm", ":", "2:30:10", "²", "noonish", "-1"]
)
def test_what_is_no_time_is_misread(text: str) -> None:
    with pytest.raises(Misread, match="enter a real time"):
        read_time(text)


def test_a_moment_is_londons_and_handed_on_in_utc() -> None:
    field = posted(at_day="7", at_month="7", at_year="2026", at_time="2:30pm").at
    assert field.value == "2026-07-07T13:30:00+00:00"


def test_a_time_without_a_day_is_not_silently_now() -> None:
    field = posted(at_time="9:00").at
    assert field.process_errors == ["When did this happen: enter the day, month and year too"]


def test_an_unreadable_time_leads_to_its_box() -> None:
    assert posted(at_day="7", at_month="7", at_year="2026", at_time="soon").at.focus_id == "at-time"


def test_today_without_a_time_is_now_and_another_day_is_noon() -> None:
    today = posted(at_day="10", at_month="3", at_year="2026").at
    yesterday = posted(at_day="9", at_month="3", at_year="2026").at
    assert today.moment(NOW) is None
    assert yesterday.moment(NOW) == datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert posted().at.moment(NOW) is None


def test_a_default_fills_the_boxes_of_a_fresh_form_only() -> None:
    class WithDefaults(Form):
        on = DateParts("Day", default=date(2026, 3, 9))
        at = MomentParts("Moment", default=lambda: datetime(2026, 7, 7, 13, 5, tzinfo=UTC))

    assert WithDefaults().on.value == "2026-03-09"
    assert WithDefaults().at.typed == {"day": "7", "month": "7", "year": "2026", "time": "14:05"}
    assert WithDefaults(MultiDict({"sent": "1"})).on.value == ""


@given(st.dictionaries(st.sampled_from([*BOXES, "time", "extra"]), st.lists(st.text(max_size=6), max_size=4)))
def test_no_post_of_a_date_is_ever_an_exception(posted: dict[str, list[str]]) -> None:
    pairs = [
        (f"{name}-{box}", text) for name in ("on", "at") for box, texts in posted.items() for text in texts
    ]
    form = Asked(MultiDict([*pairs, ("on", "x"), ("at", "")]))
    for field in (form.on, form.at):
        assert bool(field.process_errors) <= any(field.typed.values())
        assert not (field.process_errors and field.value)
