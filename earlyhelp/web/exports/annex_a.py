"""Ofsted's Annex A: what is missing in it, each line opening the record, and the workbook."""

from datetime import date
from io import BytesIO
from typing import NamedTuple

from flask import abort, render_template, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.exporting import ExportedFile
from earlyhelp.exporting.annex_a import MEDIA_TYPE, write_annex_a
from earlyhelp.insight.measures.asking import FIRST_DAY, LAST_DAY
from earlyhelp.insight.statutory.annex_a import LISTS
from earlyhelp.insight.statutory.checking import PAGE, Checked, Place, checked, gaps_of
from earlyhelp.insight.statutory.gaps import GAPS
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.permissions import may
from earlyhelp.records.database import snapshot
from earlyhelp.web.access import permitted, person
from earlyhelp.web.asking import numbers_asked
from earlyhelp.web.exports.taking import blueprint, taken
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services


class Day(NamedTuple):
    """The day that was asked for, as it was typed, and what is wrong with it."""

    typed: str
    on: date
    fault: str | None = None


@blueprint.get("/annex-a")
@permitted("statutory")
def annex_a() -> str | tuple[str, int]:
    """How much each list holds as at a day, and what is missing in it."""
    day = _day()
    lists = _checked(day.on) if day.fault is None else []
    page = render_template(
        "exports/annex_a.html",
        day=day,
        lists=lists,
        definitions=LISTS,
        gaps=GAPS,
        missing=sum(len(each.found) for each in lists),
        left_out=sum(each.left_out for each in lists),
        words=words,
        today=_today(),
    )
    return (page, 422) if day.fault else page


@blueprint.get("/annex-a/workbook")
@permitted("statutory")
def annex_a_workbook() -> Response:
    """The workbook, as it was checked. Taking it is written down."""
    day = _day()
    if day.fault is not None:
        abort(404)
    lists, file = _checked(day.on), BytesIO()
    write_annex_a(lists, file)
    name, rows = f"annex-a-{day.on.isoformat()}.xlsx", sum(len(each.rows) for each in lists)
    said = f"The workbook as at {day.on.isoformat()}, {rows} rows"
    return taken(ExportedFile(name, MEDIA_TYPE, file.getvalue()), what="annex a", words=said)


@blueprint.get("/annex-a/<int:number>/<key>")
@permitted("statutory")
def annex_a_gaps(number: int, key: str) -> str:
    """The records in which one thing is missing, a page at a time."""
    day = _day()
    if day.fault is not None or key not in GAPS.get(number, {}):
        abort(404)
    with snapshot(services().reports) as connection:
        found = gaps_of(
            connection, number, key, on=day.on, asker=person(), now=services().now(), after=_after()
        )
    last = found[PAGE - 1].place if len(found) > PAGE else None
    place = "-".join(map(str, last)) if last else None
    return render_template(
        "exports/annex_a_gaps.html",
        day=day,
        definition=LISTS[number - 1],
        gap=GAPS[number][key],
        found=found[:PAGE],
        opens_cases=may(person(), "case.open"),
        opens_people=may(person(), "people.see"),
        words=words,
        today=_today(),
        next_url=url_for("exports.annex_a_gaps", number=number, key=key, on=day.on.isoformat(), after=place)
        if place
        else None,
    )


def _checked(on: date) -> list[Checked]:
    with snapshot(services().reports) as connection:
        return checked(connection, on=on, asker=person(), now=services().now())


def _today() -> date:
    return services().now().astimezone(LONDON).date()


def _day() -> Day:
    """The day of the address; today without one."""
    typed = request.args.get("on", "").strip()[:20]
    if not typed:
        return Day(_today().isoformat(), _today())
    try:
        on = date.fromisoformat(typed)
    except ValueError:
        on = date.min
    if on.isoformat() != typed or not FIRST_DAY <= on <= LAST_DAY:
        return Day(typed, _today(), "As at must be a day like 2026-03-31")
    return Day(typed, on)


def _after() -> Place:
    """The case, event and child of the address, after which the list goes on."""
    case, event, child = numbers_asked("after", 3) or (0, 0, 0)
    return case, event, child
