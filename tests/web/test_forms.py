"""What is typed into boxes: read, or answered in plain words; never an error of ours, never markup."""

import re
from typing import Any

import pytest
from flask import Flask, render_template_string
from werkzeug.datastructures import MultiDict
from wtforms import Form

from earlyhelp.pathway.definition import Code, Field, Pathway
from earlyhelp.pathway.loading import load
from earlyhelp.places import workflows
from earlyhelp.web.forms.dates import DateParts, MomentParts
from earlyhelp.web.forms.fields import (
    Checkboxes,
    LongText,
    Number,
    Password,
    Radios,
    Repeated,
    Select,
    ServicePicker,
    Text,
    YesNo,
)
from earlyhelp.web.forms.from_action import form_for, offered
from tests.web.conftest import NOW

MARKUP = "<script>alert(1)</script>"


class EveryWidget(Form):
    text = Text(MARKUP, description=MARKUP)
    long_text = LongText(MARKUP, description=MARKUP)
    password = Password(MARKUP, description=MARKUP)
    number = Number(MARKUP, description=MARKUP)
    radios = Radios(MARKUP, description=MARKUP, choices={MARKUP: MARKUP}, hints={MARKUP: MARKUP})
    yes_no = YesNo(MARKUP, description=MARKUP)
    select = Select(MARKUP, description=MARKUP, choices={MARKUP: MARKUP})
    long_select = Select(MARKUP, choices={f"{MARKUP}{n}": f"{MARKUP}{n}" for n in range(20)})
    checkboxes = Checkboxes(MARKUP, description=MARKUP, choices={MARKUP: MARKUP})
    many = Checkboxes(MARKUP, choices={f"{MARKUP}{n}": f"{MARKUP}{n}" for n in range(20)})
    on = DateParts(MARKUP, description=MARKUP)
    at = MomentParts(MARKUP, description=MARKUP)


@pytest.fixture(scope="module")
def standard() -> Pathway:
    return load(workflows() / "standard.toml")


@pytest.mark.parametrize(
    ("typed", "value"), [("7", 7), ("-2", -2), (" 3 ", 3), ("²", "²"), ("7.5", "7.5"), ("--7", "--7")]
)
def test_a_score_is_a_whole_number_or_handed_on_as_typed(typed: str, value: Any) -> None:
    class Scored(Form):
        score = Number("Score")

    assert Scored(MultiDict({"score": typed})).score.value == value


def test_yes_and_no_are_booleans_and_nothing_is_no_answer() -> None:
    values = [EveryWidget(MultiDict({"yes_no": typed})).yes_no.value for typed in ("yes", "no", "")]
    assert values == [True, False, ""]


def test_children_are_read_whatever_names_are_posted() -> None:
    keys = ["kids-²", "kids-" + "9" * 5000, "kids-", "kids", "kids-x", "kids--1", "kids-7", "kidsen-3"]

    class Family(Form):
        kids = Repeated(Text("Name"), min_entries=1, max_entries=2)

    form = Family(MultiDict(dict.fromkeys(keys, "Ann")))
    assert [field.value for field in form.kids] == ["Ann"]


def test_no_more_children_are_added_than_there_may_be() -> None:
    class Family(Form):
        kids = Repeated(Text("Name"), min_entries=1, max_entries=2)

    form = Family()
    for _ in range(3):
        form.kids.add_another()
    assert len(form.kids) == 2


def shown(app: Flask, form: Form) -> str:
    page = (
        "{% from 'parts/fields.html' import field, error_summary with context %}"
        "{{ error_summary(form, [markup]) }}{% for f in form %}{{ field(f) }}{% endfor %}"
    )
    with app.test_request_context():
        return render_template_string(page, form=form, markup=MARKUP)


def test_every_widget_escapes_what_people_typed(app: Flask) -> None:
    every = [*EveryWidget()]
    posted = MultiDict([(f.name, MARKUP) for f in every] + [(f"{n}-day", MARKUP) for n in ("on", "at")])
    form = EveryWidget(posted)
    for field in form:
        field.errors = (MARKUP,)
    html = shown(app, form)
    assert html.count("&lt;script&gt;") >= 4 * len(every) - 8
    assert "<script" not in html


def test_every_error_link_leads_to_a_box_that_is_there(app: Flask) -> None:
    form = EveryWidget(MultiDict({"on-day": "31", "on-month": "2", "on-year": "2019"}))
    for field in form:
        field.errors = ("Wrong",)
    html = shown(app, form)
    targets = re.findall(r'href="#([^"]+)"', html)
    boxes = {
        m
        for tag in re.findall(r"<(?:input|select|textarea)[^>]+>", html)
        for m in re.findall(r'\bid="([^"]+)"', tag)
    }
    assert len(targets) == len([*form])
    assert set(targets) <= boxes


def test_only_the_wrong_box_of_a_date_is_marked(app: Flask) -> None:
    form = EveryWidget(MultiDict({"on-day": "3", "on-month": "", "on-year": "2019"}))
    form.on.errors = tuple(form.on.process_errors)
    marked = re.findall(r"<input[^>]*govuk-input--error[^>]*>", shown(app, form))
    assert ['id="on-month"' in tag for tag in marked] == [True]


def test_long_lists_can_be_searched_and_short_ones_stay_plain(app: Flask) -> None:
    html = shown(app, EveryWidget())
    assert re.findall(r'<select[^>]*id="([^"]+)"[^>]*data-choose', html) == ["long_select"]
    assert re.findall(r'data-narrow="([^"]+)"', html) == ["many"]


def test_every_action_of_the_standard_pathway_has_a_form_that_shows(standard: Pathway, app: Flask) -> None:
    with app.test_request_context():
        for action in standard.actions.values():
            form = form_for(standard, action, choices={}, now=NOW)()
            missing = {f.name for f in action.fields if f.type != "children"} - {f.name for f in form}
            assert [name for name in missing if action.field(name).type != "services"] == []  # type: ignore[union-attr]
            assert 'name="occurred_at-day"' in shown(app, [f for f in form if hasattr(f, "component")])  # type: ignore[arg-type]


def test_codes_that_ended_long_ago_or_begin_later_are_not_offered(standard: Pathway) -> None:
    ends = {
        "now": {},
        "lately": {"valid_to": "2026-03-01"},
        "old": {"valid_to": "2020-01-01"},
        "next": {"valid_from": "2026-04-01"},
    }
    codes = {code: Code.model_validate({"label": code.title(), **valid}) for code, valid in ends.items()}
    field = Field.model_validate({"name": "how", "title": "How?", "type": "choice", "codes": "ways"})
    pathway = standard.model_copy(update={"codes": {"ways": codes}})
    assert offered(pathway, field, NOW.date()) == {"now": "Now", "lately": "Lately"}


def test_a_fault_in_a_list_that_found_nothing_leads_to_where_to_search() -> None:
    class Signposting(Form):
        services = ServicePicker("Which services?")

    assert Signposting().services.focus_id == "services-need"
    form = Signposting()
    form.services.choices = {"toddlers": "Toddlers"}
    assert form.services.focus_id == "services-1"
