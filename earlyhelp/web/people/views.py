"""One person's page. Opening it is written down, like opening a case."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from earlyhelp.insight import people
from earlyhelp.insight.code_lists import codes
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.permissions import may
from earlyhelp.records.database import reading
from earlyhelp.records.people import NOT_OBTAINED
from earlyhelp.web.access import log_person_read, permitted, person
from earlyhelp.web.people.entry import blueprint
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

LONGEST_ID = 20


@blueprint.get("/people/<public_id>")
@permitted("people.see")
def page(public_id: str) -> str | Response:
    """Details, cases, household and suspected duplicates, as far as this person may see them."""
    with reading(services().engine) as connection:
        row = people.person_of(connection, public_id=public_id[:LONGEST_ID], person=person())
        if row is None:
            abort(404)
        shown = {
            "cases": people.cases_of(connection, person_id=row.id, person=person()),
            "household": people.household_of(connection, person_id=row.id, person=person()),
            "duplicates": people.duplicates(connection, person=person(), of=row.id),
            "merges": people.merges_of(connection, person_id=row.id),
            "corrections": people.corrections_of(connection, person_id=row.id, person=person()),
        }
        labels = {name: codes(connection, name) for name in ("gender", "ethnicity", "disability")}
    if row.stands_in:
        return redirect(url_for("people.page", public_id=row.stands_in))
    log_person_read(person_id=row.id, what="person")
    return render_template(
        "people/page.html",
        person=row,
        name=name_of(row),
        details=_details(row, labels),
        may_merge=may(person(), "people.merge"),
        may_correct=may(person(), "people.correct"),
        written=lambda detail, value: _written(detail, value, labels, services().now()),
        words=words,
        now=services().now(),
        today=services().now().astimezone(LONDON).date(),
        **shown,
    )


def name_of(row: Any, prefix: str = "") -> str:
    """A person's name, or that it is not known."""
    given, family = getattr(row, f"{prefix}given_name"), getattr(row, f"{prefix}family_name")
    return f"{given} {family}".strip() or "Name not known"


def _details(row: Any, labels: Mapping[str, Mapping[str, str]]) -> list[tuple[str, Any]]:
    today = services().now().astimezone(LONDON).date()
    born = words.date_words(row.date_of_birth, today) if row.date_of_birth else ""
    expected = words.date_words(row.expected_birth_on, today) if row.expected_birth_on else ""
    told = [("Expected to be born", expected)] if expected else []
    return [
        ("Public number", row.public_id),
        ("Date of birth", born),
        *told,
        ("Gender", "" if row.gender == "not_stated" else labels["gender"].get(row.gender, row.gender)),
        ("Ethnicity", "" if row.ethnicity == NOT_OBTAINED else _labelled(row.ethnicity, labels["ethnicity"])),
        ("Disability", _disability(row, labels["disability"])),
        ("NHS number", row.nhs_number),
        ("Unique pupil number", row.upn),
        ("Address", ", ".join(part for part in (row.address, row.postcode) if part)),
        ("UPRN", row.uprn),
        ("Telephone", row.phone),
    ]


def _written(detail: str, value: str, labels: Mapping[str, Mapping[str, str]], now: datetime) -> str:
    """A detail as a correction keeps it, in words."""
    if detail == "date_of_birth" and value:
        return words.date_words(date.fromisoformat(value), now.astimezone(LONDON).date())
    return labels.get(detail, {}).get(value, value) or "not recorded"


def _labelled(code: str, labels: Mapping[str, str]) -> str:
    """The label with its national code, as those who fill in returns look for it."""
    return f"{labels[code]} ({code})" if code in labels else code


def _disability(row: Any, labels: Mapping[str, str]) -> str:
    if row.disabilities:
        return ", ".join(_labelled(code, labels) for code in row.disabilities)
    return {True: "Yes", False: "No"}.get(row.disabled, "")
