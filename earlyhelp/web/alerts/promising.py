"""Acknowledging an alert from a page: what was typed comes back with words when it will not do."""

from datetime import date
from typing import NamedTuple

from flask import abort, flash, request

from earlyhelp.casework.alerts import AlertRefused, acknowledge
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.pathway.calendar import FIRST_YEAR, LAST_YEAR
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.records.database import transaction
from earlyhelp.web.access import person
from earlyhelp.web.services import services

REAL_DATE = "By the end of: enter a real date, or nothing for the next working day"


class Fault(NamedTuple):
    """A promise that was not taken: what to mend (note, by or alert), and what was typed."""

    alert_id: int
    field: str
    words: str
    note: str
    by: str


def promised(alert_id: int) -> Fault | None:
    """Record the promise that was posted; the fault when it will not do. 404 for an alert that is not theirs to see."""
    note, by = request.form.get("note", ""), request.form.get("by", "").strip()
    try:
        _record(alert_id, note, by)
    except AlertRefused as refused:
        return Fault(alert_id, refused.field, str(refused), note, by)
    except NotAllowed:
        abort(403)
    flash("The promise is recorded. You will hear of it again if the day passes.", "success")
    return None


def _record(alert_id: int, note: str, by: str) -> None:
    with transaction(services().engine) as connection:
        acknowledge(
            connection,
            alert_id=alert_id,
            person=person(),
            note=CONTROL_CHARACTERS.sub("", note).replace("\r\n", "\n"),
            promise_by=_day(by),
            now=services().now(),
        )


def _day(text: str) -> date | None:
    """The day of a browser's date box; None when it is empty."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise AlertRefused("by", REAL_DATE) from None
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        raise AlertRefused("by", REAL_DATE)
    return day
