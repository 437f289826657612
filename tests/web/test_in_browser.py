"""What only a browser shows: focus, the content policy, accessibility, narrow screens."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask, render_template_string
from flask_wtf import FlaskForm
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from earlyhelp.web.access import PUBLIC, permitted
from earlyhelp.web.forms.dates import DateParts, MomentParts
from earlyhelp.web.forms.fields import Checkboxes, LongText, Number, Password, Radios, Select, Text, YesNo
from tests.support import accessible

pytestmark = pytest.mark.journey
PAGE = """
{% extends "layout/base.html" %}
{% from "parts/fields.html" import field, error_summary, csrf, button with context %}
{% block title %}Everything{% endblock %}
{% block page %}{{ error_summary(form) }}<h1>Everything</h1><form method="post" novalidate>{{ csrf() }}
{% for f in form if f.component is defined %}{{ field(f) }}{% endfor %}{{ button("Save") }}</form>{% endblock %}
"""
PEOPLE = {"": "Choose", **{f"p{n}": f"Person {n}" for n in range(1, 30)}}


class Everything(FlaskForm):
    text = Text("Text", description="A hint")
    long_text = LongText("Long text")
    password = Password("Password")
    number = Number("Number", input_mode="numeric", width="3")
    radios = Radios("Radios", choices={"a": "A", "b": "B"}, hints={"a": "More about A"})
    yes_no = YesNo("Yes or no?")
    person = Select("Lead professional", choices=PEOPLE, description="Any agency")
    checkboxes = Checkboxes("Checkboxes", choices={"a": "A", "b": "B"})
    many = Checkboxes("Many", choices={f"n{n}": f"Need {n}" for n in range(20)})
    on = DateParts("Day")
    at = MomentParts("Moment", default=datetime(2026, 3, 9, 10, tzinfo=UTC))


@pytest.fixture
def answered() -> list[str]:
    """Who was chosen, post by post."""
    return []


@pytest.fixture
def address(app: Flask, answered: list[str]) -> Iterator[str]:
    """The application with one more page, which has every widget and answers a post with every error."""

    @permitted(PUBLIC)
    def everything() -> str:
        form = Everything()
        for field in (field for field in form if form.is_submitted() and hasattr(field, "component")):
            field.errors = tuple(field.process_errors or ["Answer this"])
        answered.append(form.person.value)
        return render_template_string(PAGE, form=form, form_has_errors=form.is_submitted())

    app.add_url_rule("/everything", "everything", everything, methods=["GET", "POST"])
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains of, such as a script that the content policy refuses."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def open_everything(page: Page, address: str, *, width: int = 1280) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/everything")


def save(page: Page) -> None:
    """Press the button and wait for the answer: a click alone returns before the new page is there."""
    with page.expect_navigation():
        page.click("text=Save")


def violations(page: Page) -> list[tuple[str, list[str]]]:
    return [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in accessible.violations(page)]


@pytest.mark.parametrize("width", [1280, 320])
def test_every_widget_with_and_without_errors_is_accessible_and_fits(
    width: int, page: Page, address: str, complaints: list[str]
) -> None:
    open_everything(page, address, width=width)
    assert violations(page) == []
    save(page)
    assert page.title().startswith("Error: ")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


def test_every_error_link_puts_the_cursor_into_its_box(page: Page, address: str) -> None:
    open_everything(page, address)
    page.fill("#on-day", "3")
    save(page)
    focused = []
    for link in page.locator(".govuk-error-summary a").all():
        link.click()
        focused.append(page.evaluate("document.activeElement.id"))
    assert focused[:5] == ["text", "long_text", "password", "number", "radios-1"]
    assert focused[5:] == ["yes_no-1", "person", "checkboxes-1", "many-1", "on-month", "at-day"]


def test_a_name_typed_over_a_choice_forgets_the_choice(page: Page, address: str, answered: list[str]) -> None:
    open_everything(page, address)
    page.fill("#person", "Person 12")
    page.press("#person", "ArrowDown")
    page.press("#person", "Enter")
    save(page)
    page.fill("#person", "Somebody else")
    save(page)
    assert answered == ["", "p12", ""]


def test_a_long_list_is_narrowed_and_what_is_ticked_stays(page: Page, address: str) -> None:
    open_everything(page, address)
    page.check("#many-3")
    page.fill("#many-narrow", "need 1")
    visible = [box.get_attribute("value") for box in page.locator("[name=many]").all() if box.is_visible()]
    assert visible == ["n1", "n2", *(f"n{n}" for n in range(10, 20))]
    assert page.inner_text(".app-narrow__shown") == "12 of 20 shown"


def test_without_scripts_a_choice_is_made_in_a_plain_list(
    browser: Browser, address: str, answered: list[str]
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    open_everything(page, address)
    page.select_option("#person", "p7")
    save(page)
    assert page.input_value("#person") == "p7"
    assert answered == ["", "p7"]
    page.context.close()
